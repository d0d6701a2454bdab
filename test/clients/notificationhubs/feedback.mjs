// Feedback on handles that are dead, read out of the container that the client
// names, as Azure's documentation of it does.
import assert from "node:assert/strict";
import { check } from "../lib/check.mjs";
import { hex, until } from "../lib/hub.mjs";
import { description, kinds } from "./kinds.mjs";
import { completed } from "./sent.mjs";

const gone = () => Buffer.from("fate-gone.").toString("hex") + hex(20); // what the simulated APNs reads in it

export async function feedback(c) {
  await check("feedback on a handle that is dead", async () => {
    const tag = "dead-" + hex(6), handle = gone();
    await c.createRegistration(description("Apple", handle, false, { tags: [tag] }));
    await completed(c, await c.sendNotification(kinds.Apple.notify(kinds.Apple.payload("Hi")), { tagExpression: tag }));
    const container = new URL(await c.getFeedbackContainerUrl());
    await until(() => read(container), (text) => text.includes(`<PnsHandle>${handle}</PnsHandle>`)); // it is dropped soon after the send
  });
}

/** read returns every file of a container of blobs. */
async function read(container) {
  const get = async (url) => {
    const answer = await fetch(url);
    assert.equal(answer.status, 200);
    return answer.text();
  };
  const list = new URL(container);
  list.searchParams.set("restype", "container");
  list.searchParams.set("comp", "list");
  let text = "";
  for (const [, name] of (await get(list)).matchAll(/<Name>([^<]*)<\/Name>/g)) {
    const blob = new URL(container);
    blob.pathname += "/" + name;
    text += await get(blob);
  }
  return text;
}
