// A conversation of ioredis with the server at the port given: strings, a pipeline, a transaction, messages, waiting.
import assert from "node:assert/strict";
import { once } from "node:events";
import Redis from "ioredis";

const port = Number(process.argv[2]);
const client = new Redis(port, "127.0.0.1");
const other = new Redis({ port, host: "127.0.0.1", connectionName: "other" });

assert.equal(await client.set("greeting", "hello", "EX", 100), "OK");
assert.equal(await client.get("greeting"), "hello");
assert.deepEqual(await client.hset("user", { name: "Ada", born: 1815 }), 2);
assert.deepEqual(await client.hgetall("user"), { name: "Ada", born: "1815" });
assert.deepEqual(await client.pipeline().incr("n").incr("n").exec(), [[null, 1], [null, 2]]);
assert.deepEqual(await client.multi().zadd("z", 1, "a", 2, "b").zrange("z", 0, -1).exec(), [[null, 2], [null, ["a", "b"]]]);
await assert.rejects(client.lpush("greeting", "x"), /WRONGTYPE/);

const popped = other.blpop("queue", 0);
await client.rpush("queue", "job");
assert.deepEqual(await popped, ["queue", "job"]);

assert.equal(await other.subscribe("news"), 1);
const heard = once(other, "message");
assert.equal(await client.publish("news", "it works"), 1);
assert.deepEqual(await heard, ["news", "it works"]);

const found = [];
for await (const keys of client.scanStream({ match: "*", count: 2 })) found.push(...keys);
assert.deepEqual(found.sort(), ["greeting", "n", "user", "z"]);

assert.equal(await other.quit(), "OK");
assert.equal(await client.quit(), "OK");
console.log("ioredis: all as it should be");
