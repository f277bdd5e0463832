// Loaded into kinesis-mock's Node before its own code. Three things that it has no setting for:
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
