// The description of the REST door, judged by a parser of OpenAPI documents.
import SwaggerParser from "@apidevtools/swagger-parser";
import { finish, ledger, step } from "./client.mjs";

await step("valid", async () => {
  const answer = await fetch(`${ledger.rest}/openapi.json`, { headers: { origin: "https://pages.example" } });
  const described = await SwaggerParser.validate(await answer.json(), { dereference: { circular: "ignore" } });
  return {
    version: described.openapi,
    paths: Object.keys(described.paths).length,
    type: answer.headers.get("content-type"),
    origin: answer.headers.get("access-control-allow-origin"),
  };
});
await step("page", async () => (await fetch(`${ledger.rest}/swagger/`)).headers.get("content-type"));
finish();
