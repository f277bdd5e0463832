// Loaded into kinesis-mock's Node before its own code. Two things that it has no setting for:
"use strict";
const net = require("node:net");

// 1. It listens on every interface (0.0.0.0 is written into it): hold it to loopback.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof port !== "number") return listen.call(this, port, ...rest);
  const callbacks = rest.filter((argument) => typeof argument === "function");
  return listen.call(this, { port, host: "127.0.0.1" }, ...callbacks);
};

// 2. It outlives a LocalStack that was killed hard: end with the parent.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1000).unref();
