// Governance and credit: CosmJS with proposals of the older kind, the Akash chain-sdk with the newer one and with bme.
import { createChainNodeSDK, createStargateClient } from "@akashnetwork/chain-sdk";
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { GasPrice, QueryClient, SigningStargateClient, coins, setupGovExtension } from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { TextProposal } from "cosmjs-types/cosmos/gov/v1beta1/gov";
import { ModuleAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { MsgCommunityPoolSpend } from "cosmjs-types/cosmos/distribution/v1beta1/tx";
import { toBech32 } from "@cosmjs/encoding";
import { finish, ledger, refused, step, within } from "./client.mjs";

const { gov, founder } = ledger.accounts;
const options = { gasPrice: GasPrice.fromString("0.025uakt"), broadcastPollIntervalMs: 60, broadcastTimeoutMs: 20_000 };
const hdPaths = [makeCosmoshubPath(0)];
const connect = async (Kind, account) =>
  SigningStargateClient.connectWithSigner(
    ledger.rpc,
    await Kind.fromMnemonic(account.mnemonic, { prefix: "akash", hdPaths }),
    options,
  );
const proposer = await connect(DirectSecp256k1HdWallet, gov);
const amino = await connect(Secp256k1HdWallet, gov);
const voter = await connect(DirectSecp256k1HdWallet, founder);
const query = QueryClient.withExtensions(await Comet38Client.connect(ledger.rpc), setupGovExtension);
const outcome = ({ code, rawLog, gasWanted, gasUsed, msgResponses }) => ({
  code,
  rawLog,
  gasWanted,
  gasUsed,
  responses: msgResponses.map((entry) => entry.typeUrl),
});
const message = (name, value) => ({ typeUrl: `/cosmos.gov.v1beta1.${name}`, value });
const text = TextProposal.encode({ title: "A text", description: "that changes nothing" }).finish();
const submit = (deposit) =>
  message("MsgSubmitProposal", {
    content: { typeUrl: "/cosmos.gov.v1beta1.TextProposal", value: text },
    proposer: gov.address,
    initialDeposit: coins(deposit, "uakt"),
  });
const receiver = toBech32("akash", new Uint8Array(20).fill(77));
const addressOf = (packed) => ModuleAccount.decode(packed.value).baseAccount.address;
/** Until something holds. */
async function until(holds) {
  const look = async () => {
    while (!(await holds())) await new Promise((done) => setTimeout(done, 100));
    return true;
  };
  return within(20_000, look());
}

const id = await step("submit", async () => {
  const sent = await proposer.signAndBroadcast(gov.address, [submit(4_000_000)], "auto");
  const attribute = sent.events.flatMap((event) => event.attributes).find((entry) => entry.key === "proposal_id");
  return { ...outcome(sent), id: attribute.value };
});
await step("proposal", async () => {
  const { proposal } = await query.gov.proposal(id.id);
  return [proposal.status, proposal.content.typeUrl, proposal.totalDeposit];
});
await step("deposit", async () => {
  const deposit = message("MsgDeposit", { proposalId: BigInt(id.id), depositor: gov.address, amount: coins(6_000_000, "uakt") });
  return outcome(await amino.signAndBroadcast(gov.address, [deposit], "auto"));
});
await step("vote", async () => {
  const vote = message("MsgVote", { proposalId: BigInt(id.id), voter: founder.address, option: 1 });
  return outcome(await voter.signAndBroadcast(founder.address, [vote], "auto"));
});
await step("votes", async () => (await query.gov.votes(id.id)).votes.map((entry) => entry.voter));
await step("deposits", async () => (await query.gov.deposits(id.id)).deposits.map((entry) => entry.amount));
await step("tally", async () => Number((await query.gov.tally(id.id)).tally.yes) > 0);
await step("passed", () => until(async () => (await query.gov.proposal(id.id)).proposal.status === 3));
await step("params", async () => (await query.gov.params("tallying")).tallyParams.quorum.length > 0);
await refused("a vote too late", () =>
  voter.signAndBroadcast(founder.address, [message("MsgVote", { proposalId: BigInt(id.id), voter: founder.address, option: 1 })], "auto"),
);

const signer = createStargateClient({
  baseUrl: ledger.rpc,
  signerMnemonic: gov.mnemonic,
  stargateOptions: { broadcastPollIntervalMs: 60, broadcastTimeoutMs: 20_000 },
});
const sdk = createChainNodeSDK({ query: { baseUrl: `http://${ledger.grpc}` }, tx: { signer } });
await step("submit, newer", async () => {
  const sent = await sdk.cosmos.gov.v1.submitProposal({
    messages: [],
    initialDeposit: [{ denom: "uakt", amount: "10000000" }],
    proposer: gov.address,
    metadata: "ipfs://nothing",
    title: "Newer",
    summary: "of the newer kind",
    expedited: false,
  });
  return sent.proposalId.toString();
});
await step("proposals, newer", async () => {
  const { proposals } = await sdk.cosmos.gov.v1.getProposals({});
  return proposals.map((entry) => [entry.id.toString(), entry.title]);
});
const founderSigner = createStargateClient({
  baseUrl: ledger.rpc,
  signerMnemonic: founder.mnemonic,
  stargateOptions: { broadcastPollIntervalMs: 60, broadcastTimeoutMs: 20_000 },
});
const founders = createChainNodeSDK({ query: { baseUrl: `http://${ledger.grpc}` }, tx: { signer: founderSigner } });
const gov1 = sdk.cosmos.gov.v1;
// A proposal that does something: the community pays out what it was given.
await step("executed, newer", async () => {
  const account = (await sdk.cosmos.auth.v1beta1.getModuleAccountByName({ name: "gov" })).account;
  const authority = addressOf(account);
  await sdk.cosmos.distribution.v1beta1.fundCommunityPool({ depositor: gov.address, amount: [{ denom: "uakt", amount: "777" }] });
  const inner = MsgCommunityPoolSpend.fromPartial({ authority, recipient: receiver, amount: coins(777, "uakt") });
  const sent = await gov1.submitProposal({
    messages: [{ typeUrl: "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend", value: MsgCommunityPoolSpend.encode(inner).finish() }],
    initialDeposit: [{ denom: "uakt", amount: "4000000" }],
    proposer: gov.address,
    metadata: "",
    title: "Pay",
    summary: "777 uakt",
    expedited: false,
  });
  const proposalId = sent.proposalId;
  await gov1.deposit({ proposalId, depositor: gov.address, amount: [{ denom: "uakt", amount: "6000000" }] });
  const { deposits } = await gov1.getDeposits({ proposalId });
  await founders.cosmos.gov.v1.voteWeighted({
    proposalId,
    voter: founder.address,
    options: [{ option: 1, weight: "0.7" }, { option: 2, weight: "0.3" }],
    metadata: "",
  });
  const { vote } = await gov1.getVote({ proposalId, voter: founder.address });
  const { tally } = await gov1.getTallyResult({ proposalId });
  const read = async () => (await gov1.getProposal({ proposalId })).proposal;
  await until(async () => (await read()).status === 3);
  return {
    weights: vote.options.map((entry) => Number(entry.weight)),
    tally: [BigInt(tally.yesCount.toString()) > BigInt(tally.abstainCount.toString()), Number(tally.abstainCount) > 0],
    deposits: deposits.map((entry) => entry.amount[0].amount),
    failure: (await read()).failedReason,
    received: (await proposer.getBalance(receiver, "uakt")).amount,
  };
});
await step("canceled, newer", async () => {
  const { proposalId } = await gov1.submitProposal({
    messages: [],
    initialDeposit: [{ denom: "uakt", amount: "4000000" }],
    proposer: gov.address,
    metadata: "ipfs://nothing",
    title: "Regretted",
    summary: "never mind",
    expedited: false,
  });
  await gov1.cancelProposal({ proposalId, proposer: gov.address });
  try {
    return await gov1.getProposal({ proposalId });
  } catch (error) {
    return String(error.message);
  }
});
await step("params, newer", async () => (await sdk.cosmos.gov.v1.getParams({ paramsType: "voting" })).params.minDeposit[0].denom);

await step("credit", async () => {
  const before = await proposer.getBalance(gov.address, "uact");
  await sdk.akash.bme.v1.mintACT({ owner: gov.address, to: gov.address, coinsToBurn: { denom: "uakt", amount: "50000000" } });
  await until(async () => BigInt((await proposer.getBalance(gov.address, "uact")).amount) > BigInt(before.amount));
  const after = await proposer.getBalance(gov.address, "uact");
  return Number(BigInt(after.amount) - BigInt(before.amount));
});
await step("credit burned", async () => {
  const before = await proposer.getBalance(gov.address, "uact");
  await sdk.akash.bme.v1.burnACT({ owner: gov.address, to: gov.address, coinsToBurn: { denom: "uact", amount: "1000000" } });
  await until(async () => BigInt((await proposer.getBalance(gov.address, "uact")).amount) < BigInt(before.amount));
});
await step("status", async () => {
  const status = await sdk.akash.bme.v1.getStatus();
  return [status.mintsAllowed, status.refundsAllowed];
});
await step("vault", async () => (await sdk.akash.bme.v1.getVaultState()).vaultState.balances.map((coin) => coin.denom));
// Through the gateway: alpha.25 numbers the fields of executed records as before the spread was added.
await step("records", async () => {
  const found = async () => (await fetch(`${ledger.rest}/akash/bme/v1/ledger?filters.source=${gov.address}`)).json();
  await until(async () => (await found()).records.filter((entry) => entry.executed_record).length >= 2);
  return (await found()).records.map((entry) => [entry.id.denom, entry.status]).sort();
});
await step("epochs", async () => (await sdk.akash.epochs.v1beta1.getEpochInfos()).epochs.map((entry) => entry.id));
finish();
