// Verifies a Sigstore bundle that a public key signed, with a library that this project did not write.
// Arguments: the bundle, the public key as PEM, and the files that must be subjects.
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify';

const [bundleFile, keyFile, ...files] = process.argv.slice(2);
const bundle = bundleFromJSON(JSON.parse(readFileSync(bundleFile, 'utf8')));
const publicKey = createPublicKey(readFileSync(keyFile, 'utf8'));
const trust = toTrustMaterial(
  { mediaType: '', certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] },
  () => ({ publicKey, validFor: () => true }));
new Verifier(trust, { ctlogThreshold: 0, tlogThreshold: 0, tsaThreshold: 0 }).verify(toSignedEntity(bundle));

const statement = JSON.parse(Buffer.from(bundle.content.dsseEnvelope.payload).toString('utf8'));
for (const file of files) {
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (!statement.subject.some((s) => s.name === basename(file) && s.digest.sha256 === sha256)) {
    throw new Error(`${basename(file)} is no subject of the statement`);
  }
}

console.log('verified');
