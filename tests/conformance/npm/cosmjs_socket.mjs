// CosmJS listens: subscriptions over a WebSocket, transactions that are awaited by them.
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import { SigningStargateClient, calculateFee, coins } from "@cosmjs/stargate";
import { Comet38Client, WebsocketClient } from "@cosmjs/tendermint-rpc";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import WS from "ws";
import { finish, ledger, refused, step, within } from "./client.mjs";

const { socket } = ledger.accounts;
const url = ledger.rpc.replace("http", "ws");
const signer = await DirectSecp256k1HdWallet.fromMnemonic(socket.mnemonic, {
  prefix: "akash",
  hdPaths: [makeCosmoshubPath(0)],
});
// The first request must be there before the socket opens: CosmJS 0.39 never sends what comes to an idle queue.
const comet = await Comet38Client.connect(url);
await comet.health();
const client = SigningStargateClient.createWithSigner(comet, signer, {
  broadcastPollIntervalMs: 60,
  broadcastTimeoutMs: 20_000,
});

/** The first `count` events of a stream, and an end to the subscription. */
function take(stream, count) {
  return within(
    15_000,
    new Promise((resolve, reject) => {
      const events = [];
      const subscription = stream.subscribe({
        next(event) {
          events.push(event);
          if (events.length === count) {
            resolve(events);
            setTimeout(() => subscription.unsubscribe());
          }
        },
        error: reject,
      });
    }),
  );
}

await step("reads over the socket", async () => [await client.getChainId(), (await comet.block(1)).block.header.height]);
await step("blocks", async () => (await take(comet.subscribeNewBlock(), 3)).map((event) => event.header.height));
await step("headers", async () => (await take(comet.subscribeNewBlockHeader(), 2)).map((event) => event.height));
await step("transactions", async () => {
  const mine = take(comet.subscribeTx(`message.sender='${socket.address}'`), 2);
  const all = take(comet.subscribeTx(), 2);
  const fee = calculateFee(120_000, "0.025uakt");
  const sent = [];
  for (const amount of [11, 12]) {
    sent.push(await client.sendTokens(socket.address, socket.address, coins(amount, "uakt"), fee));
  }
  const events = await mine;
  await all;
  return {
    heights: events.map((event) => event.height),
    expected: sent.map((result) => result.height),
    codes: events.map((event) => event.result.code),
    hashes: events.map((event) => Buffer.from(event.hash).toString("hex").toUpperCase()),
    sent: sent.map((result) => result.transactionHash),
  };
});
await step("one transaction by its hash", async () => {
  const { accountNumber, sequence } = await client.getSequence(socket.address);
  const message = {
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: socket.address, toAddress: socket.address, amount: coins(1, "uakt") },
  };
  const signed = await client.sign(socket.address, [message], calculateFee(120_000, "0.025uakt"), "", {
    accountNumber,
    sequence,
    chainId: ledger.chainId,
  });
  const tx = TxRaw.encode(signed).finish();
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", tx)).toString("hex").toUpperCase();
  const seen = take(comet.subscribeTx(`tx.hash='${digest}'`), 1);
  await comet.broadcastTxSync({ tx });
  return (await seen)[0].result.code;
});
await step("raw frames", async () => {
  // What lies below: the answer to subscribe, pushes with its id, and the same subscription twice.
  const raw = new WS(`${url}/websocket`);
  const frames = [];
  const opened = new Promise((resolve) => raw.addEventListener("open", resolve));
  await within(5000, opened);
  const enough = new Promise((resolve) => {
    raw.addEventListener("message", (event) => {
      frames.push(JSON.parse(event.data));
      if (frames.filter((frame) => frame.result?.query).length >= 2) resolve();
    });
  });
  const request = { jsonrpc: "2.0", method: "subscribe", id: 7, params: { query: "tm.event='NewBlock'" } };
  raw.send(JSON.stringify(request));
  raw.send(JSON.stringify({ ...request, id: 8 }));
  raw.send(JSON.stringify({ ...request, id: 9, params: { query: "tm.event=" } }));
  await within(10_000, enough);
  raw.close();
  const push = frames.find((frame) => frame.result?.query);
  return {
    first: frames[0],
    twice: frames.find((frame) => frame.id === 8)?.error?.data,
    malformed: Boolean(frames.find((frame) => frame.id === 9)?.error),
    push: [push.id, push.result.query, push.result.data.type, Object.keys(push.result.data.value).sort()],
  };
});
await refused("a query that does not parse", () => take(comet.subscribeTx("tm.event="), 1));
await step("many subscriptions", async () => {
  const other = Comet38Client.create(new WebsocketClient(url));
  const events = await Promise.all([other.subscribeNewBlockHeader(), other.subscribeNewBlock()].map((stream) => take(stream, 1)));
  other.disconnect();
  return events.map((seen) => seen.length);
});
comet.disconnect();
finish();
