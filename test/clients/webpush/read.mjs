// Reads Web Push requests as a push service and a browser do, with http_ece
// and Node's own crypto, neither of which shares code with Fanfare.
//
// in:  {"privateKey", "auth", "requests": [{"authorization", "body"}]}, binaries in base64url
// out: [{"claims", "plaintext"}], plaintext in base64url
import { createECDH, createPublicKey, verify } from "node:crypto";
import ece from "http_ece";

const bytes = (text) => Buffer.from(text, "base64url");

// vapid checks the credentials of RFC 8292 and returns the token's claims.
function vapid(authorization) {
  const [, head, body, signature, k] = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(authorization);
  const point = bytes(k);
  const key = createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") },
  });
  if (JSON.parse(bytes(head)).alg !== "ES256") throw new Error("the token is not of ES256");
  if (!verify("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" }, bytes(signature))) {
    throw new Error("the token's signature is not good");
  }
  return JSON.parse(bytes(body));
}

let text = "";
for await (const part of process.stdin) text += part;
const input = JSON.parse(text);
const privateKey = createECDH("prime256v1");
privateKey.setPrivateKey(bytes(input.privateKey));

const out = input.requests.map(({ authorization, body }) => ({
  claims: vapid(authorization),
  plaintext: ece.decrypt(bytes(body), { version: "aes128gcm", privateKey, authSecret: bytes(input.auth) }).toString("base64url"),
}));
process.stdout.write(JSON.stringify(out));
