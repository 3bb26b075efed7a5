// What CosmJS writes for signers of the older kind, through the node's conversions of such transactions and back.
import { AminoTypes, createDefaultAminoConverters } from "@cosmjs/stargate";
import { Secp256k1HdWallet, encodeAminoPubkey, makeSignDoc, makeStdTx } from "@cosmjs/amino";
import { MsgMultiSend, MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { MsgWithdrawDelegatorReward } from "cosmjs-types/cosmos/distribution/v1beta1/tx";
import { TextProposal } from "cosmjs-types/cosmos/gov/v1beta1/gov";
import { MsgSubmitProposal, MsgVote } from "cosmjs-types/cosmos/gov/v1beta1/tx";
import { MsgBeginRedelegate, MsgDelegate } from "cosmjs-types/cosmos/staking/v1beta1/tx";
import { Tx } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { finish, ledger, refused, step } from "./client.mjs";

const coin = (amount, denom = "uakt") => ({ amount: String(amount), denom });
const wallet = await Secp256k1HdWallet.fromMnemonic(ledger.accounts.second.mnemonic, { prefix: "akash" });
const [account] = await wallet.getAccounts();
const me = account.address;

async function post(path, document) {
  const response = await fetch(`${ledger.rest}/cosmos/tx/v1beta1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(document),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${answer.code} ${answer.message}`);
  return answer;
}

const converters = new AminoTypes(createDefaultAminoConverters());
const content = { typeUrl: "/cosmos.gov.v1beta1.TextProposal", value: TextProposal.encode(TextProposal.fromPartial({ title: "t", description: "a <b> & c" })).finish() };
const msgs = [
  ["bank.v1beta1.MsgSend", MsgSend.fromPartial({ fromAddress: me, toAddress: me, amount: [coin(5), coin(7, "uact")] })],
  ["bank.v1beta1.MsgMultiSend", MsgMultiSend.fromPartial({ inputs: [{ address: me, coins: [coin(1)] }], outputs: [{ address: me, coins: [coin(1)] }] })],
  ["staking.v1beta1.MsgDelegate", MsgDelegate.fromPartial({ delegatorAddress: me, validatorAddress: ledger.validator, amount: coin(3) })],
  ["staking.v1beta1.MsgBeginRedelegate", MsgBeginRedelegate.fromPartial({ delegatorAddress: me, validatorSrcAddress: ledger.validator, validatorDstAddress: ledger.validator, amount: coin(3) })],
  ["gov.v1beta1.MsgVote", MsgVote.fromPartial({ proposalId: 12n, voter: me, option: 3 })],
  ["gov.v1beta1.MsgSubmitProposal", MsgSubmitProposal.fromPartial({ content, proposer: me, initialDeposit: [coin(9)] })],
  ["distribution.v1beta1.MsgWithdrawDelegatorReward", MsgWithdrawDelegatorReward.fromPartial({ delegatorAddress: me, validatorAddress: ledger.validator })],
].map(([name, value]) => converters.toAmino({ typeUrl: `/cosmos.${name}`, value }));

const fee = { amount: [coin(5000)], gas: "200000" };
const { signed, signature } = await wallet.signAmino(me, makeSignDoc(msgs, fee, ledger.chainId, "memo <&>", 1, 2));
const document = { type: "cosmos-sdk/StdTx", value: { ...makeStdTx(signed, signature), timeout_height: "0" } };

const binary = await step("encode", async () => (await post("encode/amino", { amino_json: JSON.stringify(document) })).amino_binary);
await step("decode", async () => {
  const found = JSON.parse((await post("decode/amino", { amino_binary: binary })).amino_json);
  // The order of keys is the encoder's own.
  const sorted = (key, value) =>
    value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value;
  const [wanted, got] = [document, found].map((entry) => JSON.stringify(entry, sorted));
  return { same: wanted === got, wanted, got, msgs: found.value.msg.length };
});
await step("the key is where CosmJS writes it", async () => {
  const key = Buffer.from(encodeAminoPubkey(signature.pub_key)).toString("hex");
  return Buffer.from(binary, "base64").toString("hex").includes(key);
});
await refused("no document", () => post("encode/amino", { amino_json: "" }));
await refused("another type", () => post("encode/amino", { amino_json: '{"type":"x/Y","value":{}}' }));
await refused("no binary", () => post("decode/amino", { amino_binary: "AAAA" }));

await step("there and back in protobuf", async () => {
  const bytes = Buffer.from(Tx.encode(Tx.fromPartial({ body: { memo: "m" }, authInfo: { fee: { gasLimit: 5n } }, signatures: [new Uint8Array(2)] })).finish());
  const { tx } = await post("decode", { tx_bytes: bytes.toString("base64") });
  const again = (await post("encode", { tx })).tx_bytes;
  return { memo: tx.body.memo, gas: tx.auth_info.fee.gas_limit, same: Buffer.from(again, "base64").equals(bytes) };
});
finish();
