// Guided scenes of a minute each. A step says something, and may do what a button does.

export const SCENES = [
  {
    id: "hot-key", title: "A hot key", at: "stream-section",
    steps: [
      { say: "We begin with an empty stream of two shards.", act: ["start-over"] },
      { say: "800 records with different keys. Their hashes spread them: each lane gets about half.", act: ["send", { count: 800, size: 100, hot_percent: 0, seconds: 2, retry: false }] },
      { say: "6,000 records over 4 seconds, all with one key. One key has one hash, so one lane takes all. It fills, and refuses the rest. The other lane is idle.", act: ["send", { count: 6000, size: 100, hot_percent: 100, seconds: 4, retry: false }] },
      { say: "More shards do not help: the key still has one hash. Try it.", act: ["double"] },
      { say: "The same again. Still one lane. What helps is another key.", act: ["send", { count: 6000, size: 100, hot_percent: 100, seconds: 4, retry: false }] },
    ],
  },
  {
    id: "burst", title: "A burst", at: "stream-section",
    steps: [
      { say: "We begin with an empty stream of two shards. Each takes 1,000 records a second.", act: ["start-over"] },
      { say: "6,000 records at once, without a second try. What the buckets can't pay for is refused, record by record. PutRecords still succeeds.", act: ["send", { count: 6000, size: 100, hot_percent: 0, seconds: 0, retry: false }] },
      { say: "The same number, and refused records are sent again. After some seconds all are in. Each try counts as sent.", act: ["send", { count: 6000, size: 100, hot_percent: 0, seconds: 0, retry: true }] },
      { say: "The same number over 6 seconds. Nothing is refused: two shards take 2,000 a second.", act: ["send", { count: 6000, size: 100, hot_percent: 0, seconds: 6, retry: false }] },
    ],
  },
  {
    id: "buffer", title: "Buffer by size or time", at: "firehose-section",
    steps: [
      { say: "Firehose reads the stream, and buffers 5 MiB or 300 seconds, whichever comes first.", act: ["start-over"] },
      { say: "200 small records. They are far from 5 MiB, so the time will flush them.", act: ["send", { count: 200, size: 100, hot_percent: 0, seconds: 0, retry: true }] },
      { say: "Five minutes pass on the lab's clock. One object is in the bucket. Click it.", act: ["clock", { seconds: 300 }] },
      { say: "120 records of 50,000 bytes are 5.7 MiB. The size flushes first: no time has to pass. Two shards take 2 MiB a second, so it needs some seconds.", act: ["send", { count: 120, size: 50000, hot_percent: 0, seconds: 5, retry: true }] },
    ],
  },
  {
    id: "split", title: "A split", at: "stream-section",
    steps: [
      { say: "Two shards, and 400 records in them.", act: ["start-over"] },
      { say: "Records go in by the hash of their key.", act: ["send", { count: 400, size: 100, hot_percent: 0, seconds: 1, retry: true }] },
      { say: "Shard 0 is split in the middle of its range. It is closed: its records stay readable, new ones go to its children.", act: ["split", { shard: "shardId-000000000000" }], at: "tree-section" },
      { say: "400 more. The closed lane gets none of them.", act: ["send", { count: 400, size: 100, hot_percent: 0, seconds: 1, retry: true }] },
      { say: "25 hours pass. The retention of 24 hours is over, so the closed shard is listed no more.", act: ["clock", { seconds: 90000 }], at: "tree-section" },
    ],
  },
  {
    id: "dead-consumer", title: "A dead consumer", at: "readers-section",
    steps: [
      { say: "An empty stream.", act: ["start-over"] },
      { say: "A reader polls each shard once a second.", act: ["reader", { kind: "polling" }] },
      { say: "3,000 records over 20 seconds. The reader keeps up: its lag stays near zero.", act: ["send", { count: 3000, size: 100, hot_percent: 0, seconds: 20, retry: true }] },
      { say: "The reader dies. No call says so. Its lag grows.", act: ["reader-switch", { name: "polling-1" }] },
      { say: "Three minutes pass without a word from it. That is what the alarm listens for: it rings.", act: ["clock", { seconds: 180 }] },
      { say: "It starts again behind its last record. Nothing was lost: the stream kept everything.", act: ["reader-switch", { name: "polling-1" }] },
    ],
  },
  {
    id: "retention", title: "Retention runs out", at: "sum-section",
    steps: [
      { say: "An empty stream. We will read too late.", act: ["start-over"] },
      { say: "Firehose is deleted, so nobody reads the stream.", act: ["firehose", { on: false }], at: "firehose-section" },
      { say: "500 records. They wait in the stream.", act: ["send", { count: 500, size: 100, hot_percent: 0, seconds: 0, retry: true }] },
      { say: "25 hours pass. The stream keeps records for 24 hours. All 500 have expired.", act: ["clock", { seconds: 90000 }] },
      { say: "A reader comes now, and begins at the oldest record that is left. There is none.", act: ["reader", { kind: "polling" }], at: "readers-section" },
    ],
  },
];
