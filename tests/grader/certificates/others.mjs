// Digital Bazaar's verifier of credentials, which shares no code with ours. Documents come as a JSON list on stdin;
// what it says of each goes to stdout. Contexts come from files (argv: URL, file, URL, file ...); nothing is fetched.
import {readFileSync} from 'node:fs';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

const contexts = new Map();
for(let place = 2; place < process.argv.length; place += 2) {
  contexts.set(process.argv[place], JSON.parse(readFileSync(process.argv[place + 1], 'utf8')));
}

async function documentLoader(url) {
  if(contexts.has(url)) {
    return {contextUrl: null, documentUrl: url, document: contexts.get(url)};
  }
  if(!url.startsWith('did:key:')) {
    throw new Error(`nothing is fetched: ${url}`);
  }
  const [did, fragment] = url.split('#');
  const publicKeyMultibase = did.slice('did:key:'.length);
  const key = await Ed25519Multikey.from({
    '@context': 'https://w3id.org/security/multikey/v1', type: 'Multikey', id: `${did}#${publicKeyMultibase}`,
    controller: did, publicKeyMultibase
  });
  const method = await key.export({publicKey: true, includeContext: true});
  const controller = {'@context': 'https://www.w3.org/ns/did/v1', id: did, assertionMethod: [method]};
  return {contextUrl: null, documentUrl: url, document: fragment === undefined ? controller : method};
}

async function verified(credential) {
  try {
    const suite = new DataIntegrityProof({cryptosuite});
    return (await vc.verifyCredential({credential, suite, documentLoader})).verified;
  } catch {
    return false;
  }
}

const answers = [];
for(const credential of JSON.parse(readFileSync(0, 'utf8'))) {
  answers.push(await verified(credential));
}
process.stdout.write(JSON.stringify(answers));
