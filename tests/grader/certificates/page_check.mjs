// The page's own questions, without a browser: [{text, asked}] on stdin; [{findings, verdict}] on stdout.
import {readFileSync} from 'node:fs';
import {check, verdictOf} from './browser/check.mjs';

const answers = [];
for(const {text, asked} of JSON.parse(readFileSync(0, 'utf8'))) {
  const result = await check(text, {issuers: [], ...asked});
  answers.push({findings: result.findings, verdict: verdictOf(result)});
}
process.stdout.write(JSON.stringify(answers));
