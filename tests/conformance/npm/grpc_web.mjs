// Connect's gRPC-web transport against the REST door.
import { create, createFileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-node";
import { finish, ledger, refused, step } from "./client.mjs";

// As much of the network's description as one query needs.
const text = (name, number) => ({ name, jsonName: name, number, type: 9, label: 1 });
const method = (name) => ({ name, inputType: `.cosmos.bank.v1beta1.Query${name}Request`, outputType: `.cosmos.bank.v1beta1.Query${name}Response` });
const file = {
  name: "bank.proto",
  package: "cosmos.bank.v1beta1",
  syntax: "proto3",
  messageType: [
    { name: "Coin", field: [text("denom", 1), text("amount", 2)] },
    { name: "QueryBalanceRequest", field: [text("address", 1), text("denom", 2)] },
    { name: "QueryBalanceResponse", field: [{ name: "balance", jsonName: "balance", number: 1, type: 11, label: 1, typeName: ".cosmos.bank.v1beta1.Coin" }] },
    { name: "QueryNothingRequest" },
    { name: "QueryNothingResponse" },
  ],
  service: [{ name: "Query", method: [method("Balance"), method("Nothing")] }],
};
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
const service = registry.getService("cosmos.bank.v1beta1.Query");
const client = createClient(service, createGrpcWebTransport({ baseUrl: ledger.rest, httpVersion: "1.1" }));
const { address } = ledger.accounts.second;

await step("balance", async () => (await client.balance({ address, denom: "uusdc" })).balance.amount);
await step("at a height", async () =>
  (await client.balance({ address, denom: "uusdc" }, { headers: { "x-cosmos-block-height": "2" } })).balance.amount);
await refused("bad address", () => client.balance({ address: "x", denom: "uusdc" }));
await refused("no such method", () => client.nothing({}));
await step("preflight", async () => {
  const answer = await fetch(`${ledger.rest}/cosmos.bank.v1beta1.Query/Balance`, { method: "OPTIONS", headers: { origin: "https://page.example" } });
  return [answer.status, answer.headers.get("access-control-allow-headers"), answer.headers.get("access-control-allow-origin")];
});
finish();
