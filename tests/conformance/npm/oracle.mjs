// The oracle: Connect's gRPC client with types that the node describes itself, and CosmJS to report a price with them.
// The chain-sdk that npm has speaks of oracle v1 alone.
import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { DirectSecp256k1HdWallet, Registry } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient, defaultRegistryTypes } from "@cosmjs/stargate";
import { finish, ledger, refused, step } from "./client.mjs";

const transport = createGrpcTransport({ baseUrl: `http://${ledger.grpc}` });

/** Descriptors of everything, asked of cosmos.reflection.v1 with no more than that one call described here. */
async function described() {
  const named = (name, extra = {}) => ({ name, jsonName: name, number: 1, ...extra });
  const file = {
    name: "reflection.proto",
    package: "cosmos.reflection.v1",
    syntax: "proto3",
    messageType: [
      { name: "FileDescriptorsRequest" },
      { name: "FileDescriptorsResponse", field: [named("files", { type: 12, label: 3 })] },
    ],
    service: [
      {
        name: "ReflectionService",
        method: [
          {
            name: "FileDescriptors",
            inputType: ".cosmos.reflection.v1.FileDescriptorsRequest",
            outputType: ".cosmos.reflection.v1.FileDescriptorsResponse",
          },
        ],
      },
    ],
  };
  const own = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
  const { files } = await createClient(own.getService("cosmos.reflection.v1.ReflectionService"), transport).fileDescriptors({});
  const found = files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  return createFileRegistry(create(FileDescriptorSetSchema, { file: ordered(found) }));
}

/** Files after those that they import. */
function ordered(files) {
  const byName = new Map(files.map((file) => [file.name, file]));
  const done = new Set();
  const sorted = [];
  const visit = (file) => {
    if (done.has(file.name)) return;
    done.add(file.name);
    for (const name of file.dependency) if (byName.has(name)) visit(byName.get(name));
    sorted.push(file);
  };
  files.forEach(visit);
  return sorted;
}

const registry = await described();
await step("described", async () => [...registry.files].length);
const query = createClient(registry.getService("akash.oracle.v2.Query"), transport);
const entry = registry.getMessage("akash.oracle.v2.MsgAddPriceEntry");
// What CosmJS wants of a type.
const generated = {
  encode: (value) => ({ finish: () => toBinary(entry, value) }),
  decode: (bytes) => fromBinary(entry, bytes),
  fromPartial: (value) => create(entry, value),
};
const typeUrl = "/akash.oracle.v2.MsgAddPriceEntry";
const connect = async (account) =>
  SigningStargateClient.connectWithSigner(
    ledger.rpc,
    await DirectSecp256k1HdWallet.fromMnemonic(account.mnemonic, { prefix: "akash" }),
    {
      registry: new Registry([...defaultRegistryTypes, [typeUrl, generated]]),
      gasPrice: GasPrice.fromString("0.025uakt"),
      broadcastPollIntervalMs: 60,
      broadcastTimeoutMs: 20_000,
    },
  );
const { oracle, multi } = ledger.accounts;
const id = { denom: "akt", baseDenom: "usd" };
const filters = { assetDenom: "akt", baseDenom: "usd" };
const prices = async () => (await query.prices({ filters })).prices;

const first = await step("prices", async () => {
  const [newest] = await prices();
  return { denom: newest.id.denom, base: newest.id.baseDenom, price: newest.state.price, count: (await prices()).length };
});
await step("sources", async () => (await query.params({})).params.sources);
const report = (signer, price) => ({
  typeUrl,
  value: create(entry, { signer, id, price, timestamp: { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 } }),
});
// The same price again, so that nobody else's credit costs more.
await step("report", async () => {
  const client = await connect(oracle);
  const { code, rawLog, events } = await client.signAndBroadcast(oracle.address, [report(oracle.address, first.price)], "auto");
  return { code, rawLog, events: events.map((event) => event.type) };
});
await step("reported", async () => {
  const found = await prices();
  return { more: found.length > first.count, same: found[0].state.price === first.price };
});
await refused("a stranger reports", async () => {
  const client = await connect(multi);
  await client.signAndBroadcast(multi.address, [report(multi.address, first.price)], "auto");
});
await step("aggregated", async () => {
  const { aggregatedPrice, priceHealth } = await query.aggregatedPrice({ denom: "akt" });
  return { price: aggregatedPrice.twap, sources: aggregatedPrice.numSources, healthy: priceHealth.isHealthy };
});
await step("through the gateway", async () => {
  const answer = await (await fetch(`${ledger.rest}/akash/oracle/v2/aggregated_price/akt`)).json();
  return [answer.aggregated_price.twap, answer.price_health.is_healthy];
});
finish();
