// CosmJS moves coins: both ways of signing, several signers, refusals, searches, what a simulation promises.
import { Secp256k1HdWallet, createMultisigThresholdPubkey, pubkeyToAddress } from "@cosmjs/amino";
import { toBech32 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient, calculateFee, coins, makeMultisignedTxBytes } from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { finish, ledger, refused, step } from "./client.mjs";

const { bank, second, multi } = ledger.accounts;
const options = {
  gasPrice: GasPrice.fromString("0.025uakt"),
  broadcastPollIntervalMs: 60,
  broadcastTimeoutMs: 20_000,
};
const wallet = (Kind, account) =>
  Kind.fromMnemonic(account.mnemonic, { prefix: "akash", hdPaths: [makeCosmoshubPath(0)] });
const connect = (signer) => SigningStargateClient.connectWithSigner(ledger.rpc, signer, options);
const direct = await connect(await wallet(DirectSecp256k1HdWallet, bank));
const amino = await connect(await wallet(Secp256k1HdWallet, second));

const fresh = (tag) => toBech32("akash", new Uint8Array(20).fill(tag));
const outcome = ({ code, rawLog, gasWanted, gasUsed, events, msgResponses }) => ({
  code,
  rawLog,
  gasWanted,
  gasUsed,
  events: events.map((event) => event.type),
  responses: msgResponses.map((entry) => entry.typeUrl),
});
const send = (from, to, amount) => ({
  typeUrl: "/cosmos.bank.v1beta1.MsgSend",
  value: { fromAddress: from, toAddress: to, amount },
});
const sent = {};

await step("direct", async () => {
  sent.direct = await direct.sendTokens(bank.address, fresh(1), coins(1234, "uakt"), "auto", "hello <&> there");
  return outcome(sent.direct);
});
await step("amino", async () =>
  outcome(await amino.sendTokens(second.address, fresh(2), coins(4321, "uakt"), "auto", "hello <&> there")),
);
await step("received", async () => [await direct.getBalance(fresh(1), "uakt"), await direct.getBalance(fresh(2), "uakt")]);
for (const [name, client, account] of [
  ["multisend direct", direct, bank],
  ["multisend amino", amino, second],
]) {
  await step(name, async () => {
    const message = {
      typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend",
      value: {
        inputs: [{ address: account.address, coins: coins(30, "uakt") }],
        outputs: [
          { address: fresh(3), coins: coins(10, "uakt") },
          { address: fresh(4), coins: coins(20, "uakt") },
        ],
      },
    };
    return outcome(await client.signAndBroadcast(account.address, [message], "auto"));
  });
}
await step("two messages", async () =>
  outcome(
    await direct.signAndBroadcast(
      bank.address,
      [send(bank.address, fresh(5), coins(1, "uakt")), send(bank.address, fresh(6), coins(2, "uact"))],
      "auto",
    ),
  ),
);

await step("multisig", async () => {
  const wallets = await Promise.all(
    [0, 1, 2].map((index) =>
      Secp256k1HdWallet.fromMnemonic(multi.mnemonic, { prefix: "akash", hdPaths: [makeCosmoshubPath(index)] }),
    ),
  );
  const members = await Promise.all(wallets.map(async (entry) => (await entry.getAccounts())[0]));
  const keys = members.map((entry) => ({
    type: "tendermint/PubKeySecp256k1",
    value: Buffer.from(entry.pubkey).toString("base64"),
  }));
  const group = createMultisigThresholdPubkey(keys, 2);
  const address = pubkeyToAddress(group, "akash");
  await direct.sendTokens(bank.address, address, coins(1_000_000, "uakt"), "auto");
  const { accountNumber, sequence } = await direct.getSequence(address);
  const fee = calculateFee(300_000, "0.025uakt");
  const messages = [send(address, fresh(7), coins(77, "uakt"))];
  const signatures = new Map();
  let body;
  for (const at of [0, 2]) {
    const client = await SigningStargateClient.offline(wallets[at]);
    const signed = await client.sign(members[at].address, messages, fee, "together", {
      accountNumber,
      sequence,
      chainId: ledger.chainId,
    });
    signatures.set(members[at].address, signed.signatures[0]);
    body = signed.bodyBytes;
  }
  const few = new Map([...signatures].slice(0, 1));
  const refusal = await direct
    .broadcastTx(makeMultisignedTxBytes(group, sequence, fee, body, few))
    .then(() => "", (error) => error.message);
  const result = await direct.broadcastTx(makeMultisignedTxBytes(group, sequence, fee, body, signatures));
  return { ...outcome(result), refusal, account: await direct.getAccount(address) };
});

const fee = calculateFee(120_000, "0.025uakt");
const message = send(bank.address, fresh(8), coins(1, "uakt"));
async function signedWith(changes, messages = [message], memo = "", timeout = undefined) {
  const { accountNumber, sequence } = await direct.getSequence(bank.address);
  const data = { accountNumber, sequence, chainId: ledger.chainId, ...changes };
  return TxRaw.encode(await direct.sign(bank.address, messages, changes.fee ?? fee, memo, data, timeout)).finish();
}
const refusing = (name, changes, ...rest) =>
  refused(name, async () => direct.broadcastTxSync(await signedWith(changes, ...rest)));
await refusing("wrong sequence", { sequence: 999 });
await refusing("wrong chain", { chainId: "elsewhere" });
await refusing("wrong account number", { accountNumber: 4711n });
await refusing("low fee", { fee: calculateFee(120_000, "0.00001uakt") });
await refusing("no fee", { fee: { amount: [], gas: "120000" } });
await refusing("fee beyond funds", { fee: { amount: coins(10 ** 15, "uakt"), gas: "120000" } });
await refusing("fee in an unknown denom", { fee: { amount: coins(5000, "unothing"), gas: "120000" } });
await refusing("no message", {}, []);
await refusing("long memo", {}, [message], "m".repeat(257));
await refusing("past timeout", {}, [message], "", 1n);
await refused("undecodable", () => direct.broadcastTxSync(new Uint8Array([1, 2, 3])));
await refused("insufficient funds, simulated", () =>
  direct.sendTokens(bank.address, fresh(8), coins(10 ** 15, "uakt"), "auto"),
);
await step("insufficient funds, delivered", async () =>
  outcome(await direct.sendTokens(bank.address, fresh(8), coins(10 ** 15, "uakt"), fee)),
);
await step("unknown denom, delivered", async () =>
  outcome(await direct.sendTokens(bank.address, fresh(8), coins(1, "unothing"), fee)),
);
await step("out of gas", async () =>
  outcome(await direct.sendTokens(bank.address, fresh(8), coins(1, "uakt"), calculateFee(33_000, "0.025uakt"))),
);
await step("the same bytes twice", async () => {
  const bytes = await signedWith({});
  const hash = await direct.broadcastTxSync(bytes);
  const again = await direct.broadcastTxSync(bytes).then(() => "", (error) => error.message);
  while (!(await direct.getTx(hash))) await new Promise((done) => setTimeout(done, 50));
  return again;
});

const comet = await Comet38Client.connect(ledger.rpc);
await step("looked up", async () => {
  const found = await direct.getTx(sent.direct.transactionHash);
  return { height: found.height, code: found.code, same: found.height === sent.direct.height };
});
await step("with proof", async () => {
  const found = await comet.tx({ hash: Buffer.from(sent.direct.transactionHash, "hex"), prove: true });
  return { total: found.proof.proof.total, same: Buffer.from(found.proof.data).equals(Buffer.from(found.tx)) };
});
await step("searched", async () => {
  const found = await direct.searchTx([
    { key: "message.sender", value: bank.address },
    { key: "transfer.recipient", value: fresh(1) },
  ]);
  return found.map((entry) => entry.hash === sent.direct.transactionHash);
});
await step("searched by height", async () =>
  (await direct.searchTx(`tx.height=${sent.direct.height}`)).map((entry) => entry.code),
);
await step("pages", async () => {
  const query = `message.sender='${bank.address}'`;
  const all = await comet.txSearchAll({ query, per_page: 2 });
  const newest = await comet.txSearch({ query, per_page: 1, page: 1, order_by: "desc" });
  return { total: all.totalCount, shown: all.txs.length, descends: newest.txs[0].height >= all.txs[0].height };
});
await step("broadcast and wait", async () => {
  const answer = await comet.broadcastTxCommit({ tx: await signedWith({}) });
  return { check: answer.checkTx.code, code: answer.txResult.code, height: answer.height, hash: answer.hash.length };
});
await step("broadcast without waiting", async () => (await comet.broadcastTxAsync({ tx: await signedWith({}) })).hash.length);
finish();
