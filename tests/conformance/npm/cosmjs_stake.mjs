// CosmJS stakes: a second validator appears, shares move between the two, rewards come out.
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { fromBech32, toBech32 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet, makeCosmoshubPath, encodePubkey } from "@cosmjs/proto-signing";
import {
  GasPrice,
  QueryClient,
  SigningStargateClient,
  coin,
  setupDistributionExtension,
  setupSlashingExtension,
  setupStakingExtension,
} from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { MsgSetWithdrawAddress, MsgWithdrawValidatorCommission } from "cosmjs-types/cosmos/distribution/v1beta1/tx";
import { finish, ledger, refused, step } from "./client.mjs";

const { stake, founder, second } = ledger.accounts;
const options = { gasPrice: GasPrice.fromString("0.025uakt"), broadcastPollIntervalMs: 60, broadcastTimeoutMs: 20_000 };
const hdPaths = [makeCosmoshubPath(0)];
const connect = async (Kind, account) => {
  const signer = await Kind.fromMnemonic(account.mnemonic, { prefix: "akash", hdPaths });
  const client = await SigningStargateClient.connectWithSigner(ledger.rpc, signer, options);
  client.registry.register("/cosmos.distribution.v1beta1.MsgSetWithdrawAddress", MsgSetWithdrawAddress);
  client.registry.register("/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", MsgWithdrawValidatorCommission);
  return client;
};
const direct = await connect(DirectSecp256k1HdWallet, stake);
const amino = await connect(Secp256k1HdWallet, stake);
const query = QueryClient.withExtensions(
  await Comet38Client.connect(ledger.rpc),
  setupDistributionExtension,
  setupSlashingExtension,
  setupStakingExtension,
);
const own = toBech32("akashvaloper", fromBech32(stake.address).data);
const one = ledger.validator;
const outcome = ({ code, rawLog, gasWanted, gasUsed, msgResponses }) => ({
  code,
  rawLog,
  gasWanted,
  gasUsed,
  responses: msgResponses.map((entry) => entry.typeUrl),
});
const message = (name, value) => ({ typeUrl: `/cosmos.staking.v1beta1.${name}`, value });

// A simulation sees what is owed now: without rewards it would price a withdrawal that moves nothing.
async function rewarded() {
  while (!(await query.distribution.delegationRewards(stake.address, one)).rewards.length) {
    await new Promise((done) => setTimeout(done, 60));
  }
}

await step("create validator", async () => {
  const create = message("MsgCreateValidator", {
    description: { moniker: "second", identity: "", website: "https://example.com", securityContact: "", details: "" },
    commission: { rate: "50000000000000000", maxRate: "200000000000000000", maxChangeRate: "10000000000000000" },
    minSelfDelegation: "1",
    delegatorAddress: stake.address,
    validatorAddress: own,
    pubkey: encodePubkey({ type: "tendermint/PubKeyEd25519", value: Buffer.alloc(32, 7).toString("base64") }),
    value: coin(1, "uakt"),
  });
  return outcome(await direct.signAndBroadcast(stake.address, [create], "auto"));
});
await step("edit validator", async () => {
  const edit = message("MsgEditValidator", {
    description: {
      moniker: "second, edited",
      identity: "[do-not-modify]",
      website: "[do-not-modify]",
      securityContact: "[do-not-modify]",
      details: "[do-not-modify]",
    },
    validatorAddress: own,
    commissionRate: "",
    minSelfDelegation: "",
  });
  return outcome(await direct.signAndBroadcast(stake.address, [edit], "auto"));
});
await step("validator", async () => {
  const { validator } = await query.staking.validator(own);
  return [validator.description.moniker, validator.description.website, validator.status, validator.tokens];
});
await step("delegate", async () => outcome(await direct.delegateTokens(stake.address, one, coin(5_000_000_000, "uakt"), "auto")));
await step("delegate amino", async () => {
  await rewarded();
  return outcome(await amino.delegateTokens(stake.address, one, coin(1_000_000_000, "uakt"), "auto"));
});
await step("delegation", () => direct.getDelegation(stake.address, one));
await step("rewards", async () => {
  await rewarded();
  const { rewards } = await query.distribution.delegationRewards(stake.address, one);
  return rewards.map((entry) => entry.denom);
});
await step("total rewards", async () => (await query.distribution.delegationTotalRewards(stake.address)).total.length);
await step("withdraw address", async () => {
  const set = {
    typeUrl: "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress",
    value: { delegatorAddress: stake.address, withdrawAddress: toBech32("akash", new Uint8Array(20).fill(31)) },
  };
  return outcome(await amino.signAndBroadcast(stake.address, [set], "auto"));
});
await step("withdraw", async () => {
  await rewarded();
  const result = outcome(await direct.withdrawRewards(stake.address, one, "auto"));
  const got = await direct.getBalance(toBech32("akash", new Uint8Array(20).fill(31)), "uakt");
  return { ...result, got: Number(got.amount) };
});
await step("withdraw amino", async () => {
  await rewarded();
  return outcome(await amino.withdrawRewards(stake.address, one, "auto"));
});
await step("undelegate", async () => {
  await rewarded();
  return outcome(await direct.undelegateTokens(stake.address, one, coin(1_000_000, "uakt"), "auto"));
});
const unbonding = await step("unbonding", async () => {
  const { unbond } = await query.staking.unbondingDelegation(stake.address, one);
  return unbond.entries.map((entry) => [entry.balance, entry.creationHeight.toString()]);
});
await step("cancel unbonding", async () => {
  await rewarded();
  const cancel = message("MsgCancelUnbondingDelegation", {
    delegatorAddress: stake.address,
    validatorAddress: one,
    amount: coin(400_000, "uakt"),
    creationHeight: BigInt(unbonding[0][1]),
  });
  return outcome(await direct.signAndBroadcast(stake.address, [cancel], "auto"));
});
await step("redelegate", async () => {
  await rewarded();
  const move = message("MsgBeginRedelegate", {
    delegatorAddress: stake.address,
    validatorSrcAddress: one,
    validatorDstAddress: own,
    amount: coin(500_000, "uakt"),
  });
  return outcome(await amino.signAndBroadcast(stake.address, [move], "auto"));
});
await step("redelegations", async () =>
  (await query.staking.redelegations(stake.address, one, own)).redelegationResponses[0].entries[0].balance,
);
await step("delegations", async () =>
  (await query.staking.delegatorDelegations(stake.address)).delegationResponses.length,
);
await step("of the validator", async () => (await query.staking.validatorDelegations(one)).delegationResponses.length);
await step("delegator's validators", async () => (await query.staking.delegatorValidators(stake.address)).validators.length);
await step("staked", () => direct.getBalanceStaked(stake.address));
const founding = await connect(DirectSecp256k1HdWallet, founder);
await step("commission", async () => {
  const take = {
    typeUrl: "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission",
    value: { validatorAddress: one },
  };
  return outcome(await founding.signAndBroadcast(founder.address, [take], "auto"));
});
await refused("no such validator", () =>
  direct.delegateTokens(stake.address, toBech32("akashvaloper", new Uint8Array(20).fill(5)), coin(1, "uakt"), "auto"),
);
await refused("wrong denom", () => direct.delegateTokens(stake.address, one, coin(1, "uact"), "auto"));
await refused("more than there is", () => direct.undelegateTokens(stake.address, one, coin(10 ** 14, "uakt"), "auto"));
await refused("not one's own", () =>
  direct.signAndBroadcast(second.address, [message("MsgDelegate", { delegatorAddress: second.address, validatorAddress: one, amount: coin(1, "uakt") })], "auto"),
);
finish();
