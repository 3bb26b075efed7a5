// CosmJS reads: every method of the CometBFT client, batches, the query extensions.
import { ics23, iavlSpec, tendermintSpec, verifyMembership, verifyNonMembership } from "@confio/ics23";
import { toBech32, toHex, toUtf8 } from "@cosmjs/encoding";
import {
  QueryClient,
  StargateClient,
  setupAuthExtension,
  setupAuthzExtension,
  setupBankExtension,
  setupDistributionExtension,
  setupFeegrantExtension,
  setupMintExtension,
  setupSlashingExtension,
  setupStakingExtension,
  setupTxExtension,
} from "@cosmjs/stargate";
import { Comet38Client, HttpBatchClient, HttpClient, connectComet } from "@cosmjs/tendermint-rpc";
import { finish, ledger, refused, step } from "./client.mjs";

const { founder } = ledger.accounts;
const nobody = toBech32("akash", new Uint8Array(20).fill(9));

const detected = await connectComet(ledger.rpc);
await step("detected", () => detected.constructor.name);
const comet = await Comet38Client.connect(ledger.rpc);
await step("status", () => comet.status());
await step("health", () => comet.health());
await step("abciInfo", () => comet.abciInfo());
await step("genesis", async () => {
  const genesis = await comet.genesis();
  return { chainId: genesis.chainId, validators: genesis.validators.length, modules: Object.keys(genesis.appState) };
});
const latest = await step("block", async () => {
  const { block, blockId } = await comet.block();
  return { height: block.header.height, id: toHex(blockId.hash), chainId: block.header.chainId };
});
await step("first block", async () => {
  const { block } = await comet.block(1);
  return { height: block.header.height, lastCommit: block.lastCommit };
});
await step("blockResults", () => comet.blockResults(latest.height));
await step("blockchain", async () => {
  const chain = await comet.blockchain(1, 3);
  return { last: chain.lastHeight, heights: chain.blockMetas.map((meta) => meta.header.height) };
});
await step("commit", async () => {
  const { commit, header } = await comet.commit(1);
  return { height: header.height, signatures: commit.signatures.length };
});
await step("validators", async () => {
  const { validators, total } = await comet.validatorsAll(1);
  return { total, power: validators[0].votingPower, key: validators[0].pubkey.algorithm };
});
await step("blockSearch", async () => {
  const found = await comet.blockSearchAll({ query: "block.height>=1 AND block.height<=3", order_by: "asc" });
  return { total: found.totalCount, heights: found.blocks.map((entry) => entry.block.header.height) };
});
await step("txSearch", async () => (await comet.txSearchAll({ query: "tx.height=1" })).totalCount);
await step("numUnconfirmedTxs", () => comet.numUnconfirmedTxs());
await step("abciQuery", async () => {
  const answer = await comet.abciQuery({ path: "/app/version", data: new Uint8Array() });
  return { code: answer.code, value: Buffer.from(answer.value).toString() };
});
await step("unknown path", async () => {
  const { code, log } = await comet.abciQuery({ path: "/akash.market.v1beta4.Query/Orders", data: new Uint8Array() });
  return { code, log };
});
await refused("future block", () => comet.block(999999999));
await refused("page out of range", () => comet.txSearch({ query: "tx.height=1", page: 7 }));
await refused("unknown tx", () => comet.tx({ hash: new Uint8Array(32) }));

await step("batch", async () => {
  const batch = Comet38Client.create(new HttpBatchClient(ledger.rpc, { dispatchInterval: 20 }));
  const blocks = await Promise.all([1, 2, 1, 2].map((height) => batch.block(height)));
  return blocks.map((entry) => entry.block.header.height);
});
await step("raw batch with a bad method", async () => {
  const requests = ["status", "nothing", "health"].map((method, at) => ({ jsonrpc: "2.0", id: at, method, params: {} }));
  const answer = await fetch(ledger.rpc, { method: "POST", body: JSON.stringify(requests) });
  return (await answer.json()).map((entry) => entry.error?.code ?? entry.id);
});
await step("unknown method", async () => {
  const client = new HttpClient(ledger.rpc);
  return client.execute({ jsonrpc: "2.0", id: 5, method: "unsafe_flush_mempool", params: {} }).catch((error) => error.message);
});

const stargate = await StargateClient.connect(ledger.rpc);
await step("chain id", () => stargate.getChainId());
await step("height", () => stargate.getHeight());
await step("account", () => stargate.getAccount(founder.address));
await step("no account", () => stargate.getAccount(nobody));
await refused("bad address", () => stargate.getAccount("akash1bad"));
await step("sequence", () => stargate.getSequence(founder.address));
await refused("no sequence", () => stargate.getSequence(nobody));
await step("balance", () => stargate.getBalance(ledger.accounts.second.address, "uusdc"));
await step("no denom", () => stargate.getBalance(ledger.accounts.second.address, "unothing"));
await step("all balances", () => stargate.getAllBalances(ledger.accounts.second.address));
await step("staked", () => stargate.getBalanceStaked(founder.address));
await step("delegation", () => stargate.getDelegation(founder.address, ledger.validator));
await step("no delegation", () => stargate.getDelegation(ledger.accounts.second.address, ledger.validator));
await step("stargate block", async () => (await stargate.getBlock(2)).header.height);
await step("unknown hash", () => stargate.getTx("00".repeat(32)));

const query = QueryClient.withExtensions(
  comet,
  setupAuthExtension,
  setupAuthzExtension,
  setupBankExtension,
  setupDistributionExtension,
  setupFeegrantExtension,
  setupMintExtension,
  setupSlashingExtension,
  setupStakingExtension,
  setupTxExtension,
);
await step("supply", () => query.bank.supplyOf("uusdc"));
await step("total supply", async () => (await query.bank.totalSupply()).supply.map((coin) => coin.denom));
await step("metadata", async () => (await query.bank.denomsMetadata()).map((entry) => entry.base));
await step("validator list", async () => {
  const { validators } = await query.staking.validators("BOND_STATUS_BONDED");
  return validators.map((entry) => [entry.operatorAddress, entry.tokens, entry.commission.commissionRates.rate]);
});
await step("staking params", async () => (await query.staking.params()).params.bondDenom);
await step("pool", async () => (await query.staking.pool()).pool.bondedTokens);
await step("mint params", async () => (await query.mint.params()).mintDenom);
await step("inflation", async () => (await query.mint.inflation()).toString());
await step("provisions", async () => (await query.mint.annualProvisions()).toString());
await step("distribution params", async () => (await query.distribution.params()).params);
await step("community pool", () => query.distribution.communityPool());
await step("slashing params", async () => (await query.slashing.params()).params.signedBlocksWindow);
await step("signing infos", async () => (await query.slashing.signingInfos()).info.length);
await refused("no allowance", () => query.feegrant.allowance(founder.address, nobody));
await refused("no grant", () => query.authz.grants(founder.address, nobody, "/cosmos.bank.v1beta1.MsgSend"));

async function proven(store, key, height) {
  const answer = await comet.abciQuery({ path: `/store/${store}/key`, data: key, prove: true, height });
  const proofs = answer.proof.ops.map((op) => ics23.CommitmentProof.decode(op.data));
  const { appHash } = (await comet.block(height + 1)).block.header;
  const exist = proofs[1].exist;
  return {
    ops: answer.proof.ops.map((op) => op.type),
    value: Buffer.from(answer.value).toString(),
    present: Boolean(proofs[0].exist),
    inStore: proofs[0].exist
      ? verifyMembership(proofs[0], iavlSpec, exist.value, key, answer.value)
      : verifyNonMembership(proofs[0], iavlSpec, exist.value, key),
    inBlock: verifyMembership(proofs[1], tendermintSpec, appHash, toUtf8(store), exist.value),
  };
}
await step("proof of presence", () => proven("bank", Buffer.concat([Buffer.from([0]), toUtf8("uusdc")]), latest.height - 1));
await step("proof of absence", () => proven("bank", Buffer.concat([Buffer.from([0]), toUtf8("unothing")]), latest.height - 1));
finish();
