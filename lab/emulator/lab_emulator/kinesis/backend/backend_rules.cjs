// Loaded into kinesis-mock's Node before its own code. Four things that it has no setting for:
"use strict";
const fs = require("node:fs");
const net = require("node:net");

// 1. It listens on every interface (0.0.0.0 is written into it): hold it to loopback.
// 2. Let the kernel choose the ports, and note down the plain one (KINESIS_MOCK_PLAIN_PORT only names it).
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof port !== "number") return listen.call(this, port, ...rest);
  const callbacks = rest.filter((argument) => typeof argument === "function");
  if (String(port) === process.env.KINESIS_MOCK_PLAIN_PORT) {
    this.once("listening", () => {
      const file = process.env.LAB_PORT_FILE;
      fs.writeFileSync(`${file}.new`, String(this.address().port));
      fs.renameSync(`${file}.new`, file);
    });
  }
  return listen.call(this, { port: 0, host: "127.0.0.1" }, ...callbacks);
};

// 3. It outlives a LocalStack that was killed hard: end with the parent.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1000).unref();

// 4. Corrections in its own code. Each names a text that stands there exactly once; in another version of
//    kinesis-mock, where it does not, nothing is changed, and tests/lab/emulator/test_backend.py fails.
const corrections = [
  // PutRecords groups its records by the shard's whole content and hashes that anew for each of them: 1.9 s for
  // 500 records into a shard that holds 6,000. Sequences of records are hashed by their length instead;
  // equality, which decides, is left alone.
  [
    "  return ($is_sc_IndexedSeq(xs) ? this.bxg(xs, this.hY) :",
    (found) =>
      "  if ($is_sc_IndexedSeq(xs) && xs.y() > 0 && xs.R(0) instanceof $c_Lkinesis_mock_models_KinesisRecord) " +
      `return xs.y();\n${found}`,
  ],
  // GetRecords counts about 100 bytes of its own with each record, so a record of nearly 10 MiB never fits and
  // the call fails: the first record of an answer always fits.
  [
    "if ((((x22.alT + totalSize$tailLocal1) | 0) > 10485760)) {",
    () => "if (totalSize$tailLocal1 > 0 && ((x22.alT + totalSize$tailLocal1) | 0) > 10485760) {",
  ],
  // Shard i of n begins at floor(i * 2**128 / n), as AWS's listings show, not at i * floor((2**128 - 1) / n).
  [
    "var shardHash = this.aaO.b4S($m_s_package$().cX().kS(shardCount));",
    () =>
      "var all = this.aaO.apc($m_s_package$().cX().kS(-1)), count = $m_s_package$().cX().kS(shardCount), " +
      "shardHash = { b50: (place) => all.b50(place).b4S(count) };",
  ],
  // A stream has 20 consumers, or 50 with On-demand Advantage: the plugins know which.
  [
    "(($m_sci_RedBlackTree$().iJ(b$1.co.b7) >= 20) ?",
    () => "(($m_sci_RedBlackTree$().iJ(b$1.co.b7) > 50) ?",
  ],
];
const Module = require("node:module");
const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  for (const [text, corrected] of corrections) {
    const parts = content.split(text);
    if (parts.length === 2) content = parts.join(corrected(text));
  }
  return compile.call(this, content, filename, ...rest);
};
