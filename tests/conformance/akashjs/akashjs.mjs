// akashjs with akash-api, CosmJS 0.32 and grpc-js: the part that today's network still serves, and the refusals of the rest.
import { createRequire } from "node:module";
import { finish, ledger, refused, step } from "../npm/client.mjs";

const require = createRequire(import.meta.url);
const { getMsgClient, getRpc } = require("@akashnetwork/akashjs/build/rpc");
const market = require("@akashnetwork/akash-api/akash/market/v1beta4");
const { DirectSecp256k1HdWallet } = require("@cosmjs/proto-signing");
const { StargateClient, coins } = require("@cosmjs/stargate");
const { Tendermint34Client, Tendermint37Client } = require("@cosmjs/tendermint-rpc");
const { MsgSend } = require("cosmjs-types/cosmos/bank/v1beta1/tx");
const bank = require("cosmjs-types/cosmos/bank/v1beta1/query");
const grpc = require("@grpc/grpc-js");

const account = ledger.accounts.akashjs;
const signer = await DirectSecp256k1HdWallet.fromMnemonic(account.mnemonic, { prefix: "akash" });
const rpc = await getRpc(ledger.rpc);

await step("balance", async () => {
  const query = new bank.QueryClientImpl(rpc);
  return (await query.Balance({ address: account.address, denom: "uact" })).balance;
});
await refused("obsolete orders", () =>
  new market.QueryClientImpl(rpc).Orders(market.QueryOrdersRequest.fromPartial({ filters: { owner: account.address } })),
);
await step("older CometBFT clients", async () => {
  const clients = [await Tendermint34Client.connect(ledger.rpc), await Tendermint37Client.connect(ledger.rpc)];
  return Promise.all(clients.map(async (client) => (await client.status()).nodeInfo.network));
});
await step("CosmJS 0.32", async () => {
  const client = await StargateClient.connect(ledger.rpc);
  return [await client.getChainId(), (await client.getAccount(account.address)).sequence, (await client.getBlock(2)).header.height];
});
const client = await getMsgClient(ledger.rpc, signer);
await step("send", async () => {
  client.registry.register(MsgSend.typeUrl, MsgSend);
  client.broadcastPollIntervalMs = 60;
  const message = {
    typeUrl: MsgSend.typeUrl,
    value: MsgSend.fromPartial({ fromAddress: account.address, toAddress: account.address, amount: coins(3, "uakt") }),
  };
  const sent = await client.signAndBroadcast(account.address, [message], "auto");
  return { code: sent.code, gasWanted: sent.gasWanted.toString(), gasUsed: sent.gasUsed.toString() };
});
/** One unary call with plain bytes. */
function call(channel, path, request = Buffer.alloc(0), metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    const same = (bytes) => bytes;
    const headers = {};
    const pending = channel.makeUnaryRequest(path, same, same, request, metadata, {}, (error, answer) =>
      error ? reject(error) : resolve({ bytes: answer.length, headers }),
    );
    pending.on("metadata", (found) => Object.assign(headers, found.getMap()));
  });
}
const channel = new grpc.Client(ledger.grpc, grpc.credentials.createInsecure());
await step("grpc-js", async () => (await call(channel, "/akash.deployment.v1beta4.Query/Params")).bytes > 0);
await step("grpc-js at a height", async () => {
  const metadata = new grpc.Metadata();
  metadata.set("x-cosmos-block-height", "2");
  return (await call(channel, "/cosmos.bank.v1beta1.Query/TotalSupply", undefined, metadata)).headers["x-cosmos-block-height"];
});
await refused("grpc-js, an obsolete service", () => call(channel, "/akash.market.v1beta4.Query/Orders"));
await refused("grpc-js, a height to come", () => {
  const metadata = new grpc.Metadata();
  metadata.set("x-cosmos-block-height", "99999999");
  return call(channel, "/cosmos.bank.v1beta1.Query/TotalSupply", undefined, metadata);
});
finish();
