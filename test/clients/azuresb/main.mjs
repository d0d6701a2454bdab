// azure-sb, as it comes from its registry, against fanfare dev: every operation
// that it offers for hubs, and what the devices get.
import assert from "node:assert/strict";
import { check, finish, unused } from "../lib/check.mjs";
import { hubs, installations, refusals } from "./others.mjs";
import { registrations } from "./registrations.mjs";
import { sends } from "./sends.mjs";
import { windows } from "./windows.mjs";

await registrations();
await sends();
await windows();
await installations();
await hubs();
await refusals();
await check("every operation was called", () => assert.deepEqual(unused(), []));
finish();
