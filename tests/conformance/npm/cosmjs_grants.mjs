// CosmJS lends: authz (grant, run, revoke) and fee allowances.
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { toBech32 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import {
  AminoTypes,
  GasPrice,
  QueryClient,
  SigningStargateClient,
  calculateFee,
  coins,
  setupAuthzExtension,
  setupFeegrantExtension,
} from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { GenericAuthorization } from "cosmjs-types/cosmos/authz/v1beta1/authz";
import { SendAuthorization } from "cosmjs-types/cosmos/bank/v1beta1/authz";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { AllowedMsgAllowance, BasicAllowance, PeriodicAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/feegrant";
import { AuthorizationType, StakeAuthorization } from "cosmjs-types/cosmos/staking/v1beta1/authz";
import { finish, ledger, refused, step } from "./client.mjs";

const { grants: account } = ledger.accounts;
const options = { gasPrice: GasPrice.fromString("0.025uakt"), broadcastPollIntervalMs: 60, broadcastTimeoutMs: 20_000 };
// The second key of the same words has nothing: whatever it does others pay for.
const wallet = (Kind, index) =>
  Kind.fromMnemonic(account.mnemonic, { prefix: "akash", hdPaths: [makeCosmoshubPath(index)] });
const granterWallet = await wallet(DirectSecp256k1HdWallet, 0);
const poorWallet = await wallet(DirectSecp256k1HdWallet, 1);
const granter = account.address;
const poor = (await poorWallet.getAccounts())[0].address;
const rich = await SigningStargateClient.connectWithSigner(ledger.rpc, granterWallet, options);
const borrower = await SigningStargateClient.connectWithSigner(ledger.rpc, poorWallet, options);
const borrowerAmino = await SigningStargateClient.connectWithSigner(ledger.rpc, await wallet(Secp256k1HdWallet, 1), options);
const query = QueryClient.withExtensions(
  await Comet38Client.connect(ledger.rpc),
  setupAuthzExtension,
  setupFeegrantExtension,
);
const fresh = (tag) => toBech32("akash", new Uint8Array(20).fill(tag));
const outcome = ({ code, rawLog, gasWanted, gasUsed, msgResponses }) => ({
  code,
  rawLog,
  gasWanted,
  gasUsed,
  responses: msgResponses.map((entry) => entry.typeUrl),
});
const expiration = { seconds: BigInt(Math.floor(Date.now() / 1000) + 3600), nanos: 0 };
const authorization = (Kind, value) => ({ typeUrl: Kind.typeUrl, value: Kind.encode(Kind.fromPartial(value)).finish() });
const grant = (inner) => ({
  typeUrl: "/cosmos.authz.v1beta1.MsgGrant",
  value: { granter, grantee: poor, grant: { authorization: inner, expiration } },
});
const allow = (inner) => ({
  typeUrl: "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
  value: { granter, grantee: poor, allowance: inner },
});
const send = (amount, denom = "uakt") => MsgSend.fromPartial({ fromAddress: granter, toAddress: fresh(41), amount: coins(amount, denom) });
const exec = (message) => ({
  typeUrl: "/cosmos.authz.v1beta1.MsgExec",
  value: { grantee: poor, msgs: [{ typeUrl: MsgSend.typeUrl, value: MsgSend.encode(message).finish() }] },
});
const fee = { ...calculateFee(200_000, "0.025uakt"), granter };

await refused("nothing to pay with", () => borrower.sendTokens(poor, fresh(41), coins(1, "uakt"), calculateFee(200_000, "0.025uakt")));
await step("first coins", async () => outcome(await rich.sendTokens(granter, poor, coins(10, "uakt"), "auto")));
await refused("no allowance yet", () => borrower.sendTokens(poor, fresh(41), coins(1, "uakt"), fee));
await step("allow", async () => {
  const basic = authorization(BasicAllowance, { spendLimit: coins(30_000, "uakt"), expiration });
  return outcome(await rich.signAndBroadcast(granter, [allow(basic)], "auto"));
});
await step("allowance", async () => {
  const { allowance } = await query.feegrant.allowance(granter, poor);
  return [allowance.allowance.typeUrl, BasicAllowance.decode(allowance.allowance.value).spendLimit];
});
await step("allowances", async () => (await query.feegrant.allowances(poor)).allowances.length);
await refused("a second allowance", async () =>
  rich.signAndBroadcast(granter, [allow(authorization(BasicAllowance, {}))], "auto"),
);
await step("paid by another", async () => outcome(await borrower.sendTokens(poor, fresh(41), coins(1, "uakt"), fee)));
await step("paid by another, amino", async () =>
  outcome(await borrowerAmino.sendTokens(poor, fresh(41), coins(1, "uakt"), fee)),
);
await step("left", async () => {
  const { allowance } = await query.feegrant.allowance(granter, poor);
  return BasicAllowance.decode(allowance.allowance.value).spendLimit[0].amount;
});
await refused("beyond the limit", () =>
  borrower.sendTokens(poor, fresh(41), coins(1, "uakt"), { ...calculateFee(2_000_000, "0.025uakt"), granter }),
);
await step("revoke allowance", async () => {
  const revoke = { typeUrl: "/cosmos.feegrant.v1beta1.MsgRevokeAllowance", value: { granter, grantee: poor } };
  return outcome(await rich.signAndBroadcast(granter, [revoke], "auto"));
});
await step("allow one message, by the hour", async () => {
  const periodic = authorization(PeriodicAllowance, {
    basic: {},
    period: { seconds: 3600n, nanos: 0 },
    periodSpendLimit: coins(50_000, "uakt"),
    periodCanSpend: coins(50_000, "uakt"),
    periodReset: expiration,
  });
  const only = authorization(AllowedMsgAllowance, { allowance: periodic, allowedMessages: ["/cosmos.authz.v1beta1.MsgExec"] });
  return outcome(await rich.signAndBroadcast(granter, [allow(only)], "auto"));
});
await refused("another message", () => borrower.sendTokens(poor, fresh(41), coins(1, "uakt"), fee));
await refused("not granted", () => borrower.signAndBroadcast(poor, [exec(send(5))], "auto"));
await step("grant", async () =>
  outcome(await rich.signAndBroadcast(granter, [grant(authorization(SendAuthorization, { spendLimit: coins(100, "uakt") }))], "auto")),
);
await step("grants", async () => {
  const { grants } = await query.authz.grants(granter, poor, "/cosmos.bank.v1beta1.MsgSend");
  return grants.map((entry) => entry.authorization.typeUrl);
});
await step("granted", async () => (await query.authz.granteeGrants(poor)).grants.length);
await step("run", async () => outcome(await borrower.signAndBroadcast(poor, [exec(send(60))], fee)));
await step("beyond the grant", async () => outcome(await borrower.signAndBroadcast(poor, [exec(send(60))], fee)));
await step("the rest", async () => outcome(await borrower.signAndBroadcast(poor, [exec(send(40))], fee)));
await step("used up", async () => (await query.authz.granteeGrants(poor)).grants.length);
await step("grant all sends", async () =>
  outcome(await rich.signAndBroadcast(granter, [grant(authorization(GenericAuthorization, { msg: "/cosmos.bank.v1beta1.MsgSend" }))], "auto")),
);
await step("run any", async () => outcome(await borrower.signAndBroadcast(poor, [exec(send(7, "uact"))], fee)));
await step("revoke", async () => {
  const revoke = {
    typeUrl: "/cosmos.authz.v1beta1.MsgRevoke",
    value: { granter, grantee: poor, msgTypeUrl: "/cosmos.bank.v1beta1.MsgSend" },
  };
  return outcome(await rich.signAndBroadcast(granter, [revoke], "auto"));
});
await step("after revocation", async () => outcome(await borrower.signAndBroadcast(poor, [exec(send(1))], fee)));
await step("received", async () => [await rich.getBalance(fresh(41), "uakt"), await rich.getBalance(fresh(41), "uact")]);

// CosmJS leaves the amino form of grants to wallets. They write the member of a oneof under its name in Go, with its type.
const member = (kind, field, list) =>
  list && { type: `cosmos-sdk/StakeAuthorization/${kind}`, value: { [field]: { address: list.address } } };
const stakeGrants = new AminoTypes({
  "/cosmos.authz.v1beta1.MsgGrant": {
    aminoType: "cosmos-sdk/MsgGrant",
    toAmino: ({ granter, grantee, grant }) => {
      const { maxTokens, allowList, denyList, authorizationType } = StakeAuthorization.decode(grant.authorization.value);
      const value = {
        Validators: member("AllowList", "allow_list", allowList) ?? member("DenyList", "deny_list", denyList) ?? null,
        authorization_type: authorizationType,
        ...(maxTokens && { max_tokens: maxTokens }),
      };
      const until = new Date(Number(grant.expiration.seconds) * 1000).toISOString().replace(".000Z", "Z");
      return { granter, grantee, grant: { authorization: { type: "cosmos-sdk/StakeAuthorization", value }, expiration: until } };
    },
    fromAmino: ({ granter, grantee, grant: { authorization: { value } } }) => {
      const lists = { allowList: value.Validators?.value.allow_list, denyList: value.Validators?.value.deny_list };
      const inner = { maxTokens: value.max_tokens, authorizationType: value.authorization_type, ...lists };
      return { granter, grantee, grant: { authorization: authorization(StakeAuthorization, inner), expiration } };
    },
  },
});
const aminoWallet = await wallet(Secp256k1HdWallet, 0);
const richAmino = await SigningStargateClient.connectWithSigner(ledger.rpc, aminoWallet, { ...options, aminoTypes: stakeGrants });
const address = [ledger.validator];
for (const [name, lists] of Object.entries({ allowList: { allowList: { address } }, denyList: { denyList: { address } }, neither: {} })) {
  const value = { authorizationType: AuthorizationType.AUTHORIZATION_TYPE_DELEGATE, maxTokens: coins(9, "uakt")[0], ...lists };
  await step(`stake for another, ${name}`, async () =>
    richAmino
      .signAndBroadcast(granter, [grant(authorization(StakeAuthorization, value))], calculateFee(200_000, "0.025uakt"))
      .then(outcome),
  );
}
finish();
