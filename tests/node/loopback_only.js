// Loaded before a program that would listen on every address of the machine: it listens on this machine alone.
const net = require("net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  const options = typeof given[0] === "object" ? given[0] : { port: given[0] };
  const ready = given.find((one) => typeof one === "function");
  return listen.call(this, { ...options, host: "127.0.0.1" }, ready);
};
