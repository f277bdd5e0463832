// Is this file a certificate, of whom and by whom? The same questions as grader/certificates/checking.py asks, in
// the same words, answered by other software: Digital Bazaar's. Nothing is fetched.
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import jsigs from 'jsonld-signatures';

import credentialsContext from '../contexts/credentials-v2.json' with {type: 'json'};
import badgesContext from '../contexts/open-badges-3.0.3.json' with {type: 'json'};
import schema from '../credential.schema.json' with {type: 'json'};

const CONTEXTS = new Map([
  ['https://www.w3.org/ns/credentials/v2', credentialsContext],
  ['https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json', badgesContext]
]);
const CERTIFICATE = 'CertificateOfCompletion';
const COURSE = 'Amazon Kinesis Data Streams';
const TITLES = {
  Course: `Record of work: ${COURSE}`,
  [CERTIFICATE]: `Certificate of completion: ${COURSE}`
};
const LEEWAY = 5 * 60 * 1000;
const LARGEST = 2 ** 20;

function kindOf(value) {
  if(Array.isArray(value)) {
    return 'array';
  }
  return value === null ? 'null' : typeof value;
}

// Where a value is not as the schema says, as a path; undefined where it is. Knows what credential.schema.json uses.
function misfit(value, rule, path = 'its top') {
  if('const' in rule) {
    return JSON.stringify(value) === JSON.stringify(rule.const) ? undefined : path;
  }
  if('enum' in rule) {
    return rule.enum.includes(value) ? undefined : path;
  }
  if(kindOf(value) !== rule.type) {
    return path;
  }
  return {object: misfitOfObject, array: misfitOfArray, string: misfitOfText}[rule.type](value, rule, path);
}

function misfitOfObject(value, rule, path) {
  const below = name => path === 'its top' ? name : `${path}/${name}`;
  const lacking = rule.required.find(name => !Object.hasOwn(value, name));
  if(lacking !== undefined) {
    return below(lacking);
  }
  for(const [name, inner] of Object.entries(value)) {
    const found = Object.hasOwn(rule.properties, name) ?
      misfit(inner, rule.properties[name], below(name)) : below(name);
    if(found !== undefined) {
      return found;
    }
  }
}

function misfitOfArray(value, rule, path) {
  if(value.length < rule.minItems || value.length > rule.maxItems) {
    return path;
  }
  for(const [place, inner] of value.entries()) {
    const found = misfit(inner, rule.prefixItems ? rule.prefixItems[place] : rule.items, `${path}/${place}`);
    if(found !== undefined) {
      return found;
    }
  }
}

function misfitOfText(value, rule, path) {
  const length = [...value].length;
  const fits = length >= (rule.minLength ?? 0) && length <= (rule.maxLength ?? Infinity) &&
    new RegExp(rule.pattern, 'u').test(value) && value.isWellFormed();
  return fits ? undefined : path;
}

// The document in a file's text; throws a sentence's end for what is not in the form.
function read(text) {
  if(new TextEncoder().encode(text).length > LARGEST) {
    throw new Error(`is larger than ${LARGEST} bytes`);
  }
  let document;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new Error('is not JSON in UTF-8');
  }
  const where = misfit(document, schema);
  if(where !== undefined) {
    throw new Error(`is not in the form of a certificate of this course (at ${where})`);
  }
  const ids = document.credentialSubject.achievement.resultDescription.map(entry => entry.id).sort();
  const of = document.credentialSubject.result.map(entry => entry.resultDescription).sort();
  if(JSON.stringify(ids) !== JSON.stringify(of)) {
    throw new Error('has results that are not of what it describes');
  }
  if(new Set(ids).size < ids.length) {
    throw new Error('describes a result twice');
  }
  if(document.name !== TITLES[document.credentialSubject.achievement.achievementType]) {
    throw new Error('has the title of one kind and says that it is of another');
  }
  return document;
}

export async function documentLoader(url) {
  if(CONTEXTS.has(url)) {
    return {contextUrl: null, documentUrl: url, document: CONTEXTS.get(url)};
  }
  const [did, key] = url.split('#');
  if(!did.startsWith('did:key:z6Mk')) {
    throw new Error('Nothing is fetched.');
  }
  const publicKeyMultibase = did.slice('did:key:'.length);
  const id = `${did}#${publicKeyMultibase}`;
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1', id, type: 'Multikey', controller: did, publicKeyMultibase
  };
  await Ed25519Multikey.from(method);
  const controller = {'@context': 'https://www.w3.org/ns/did/v1', id: did, assertionMethod: [method]};
  return {contextUrl: null, documentUrl: url, document: key === undefined ? controller : method};
}

async function holds(document) {
  const suite = new DataIntegrityProof({cryptosuite});
  const {proof, issuer} = document;
  if(proof.verificationMethod !== `${issuer.id}#${issuer.id.slice('did:key:'.length)}`) {
    return false;
  }
  // The date is judged beside the signature, so that a sentence can say which of them is wrong.
  const purpose = new jsigs.purposes.AssertionProofPurpose();
  const {verified} = await jsigs.verify(document, {suite, purpose, documentLoader});
  return verified;
}

export async function emailHash(email, salt) {
  const bytes = new TextEncoder().encode(email.trim().toLowerCase() + salt);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return 'sha256$' + [...digest].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

// asked: {issuers: [{did, name, until, ended}], issuer, email, record}
export async function check(text, asked, now = new Date()) {
  let document;
  try {
    document = read(text);
  } catch(error) {
    return {findings: [{good: false, words: `Form: it ${error.message}.`}]};
  }
  if(!await holds(document)) {
    const words =
      'Signature: it does not fit. The file was changed after it was signed, or another key signed it.';
    return {findings: [{good: false, words}]};
  }
  const findings = [
    {good: true, words: 'Form: it is an Open Badges 3.0 credential of this course.'},
    {good: true, words: 'Signature: it fits. Nothing in the file was changed since it was signed.'},
    kindFinding(document, asked),
    issuerFinding(document, asked),
    dateFinding(document, now)
  ];
  if(asked.email) {
    findings.push(await emailFinding(document, asked.email));
  }
  return {findings: [...findings, ...pointFindings(document)], document};
}

function isRecord(document) {
  return document.credentialSubject.achievement.achievementType !== CERTIFICATE;
}

function kindFinding(document, asked) {
  if(isRecord(document)) {
    const words =
      "Kind: a record of work. The learner's own computer marked it, and the learner's own key signed it.";
    return {good: Boolean(asked.record), words: asked.record ? words : `${words} It is not a certificate.`};
  }
  const words = 'Kind: a certificate. An instructor graded the work with hidden cases.';
  return {good: !asked.record, words: asked.record ? `${words} You asked for a record of work.` : words};
}

function issuerFinding(document, asked) {
  const {id, name} = document.issuer;
  const known = asked.issuers.find(issuer => issuer.did === id);
  if(asked.issuer && id !== asked.issuer) {
    return {good: false, words: `Issuer: another key, ${id}, and not the one that you named.`};
  }
  if(known !== undefined) {
    return knownFinding(document, known);
  }
  if(asked.issuer) {
    return {good: true, words: `Issuer: the key that you named. The file calls it ${name}.`};
  }
  if(isRecord(document)) {
    return {good: true, words: `Issuer: a learner's own key, ${id}. It says nothing of who has it.`};
  }
  const words = `Issuer: nobody here knows the key ${id}. The file calls it ${name}, as anybody could. ` +
    'Get the key from the issuer itself and name it here.';
  return {good: false, words};
}

function knownFinding(document, {name, until, ended}) {
  if(ended === 'stolen') {
    const words =
      `Issuer: ${name}, but that key was stolen. Whoever has it can write any date; ask for a new one.`;
    return {good: false, words};
  }
  if(until && document.validFrom.slice(0, 10) > until) {
    return {good: false, words: `Issuer: ${name}, but that key was ${ended}: it signs nothing after ${until}.`};
  }
  const later = until ? ` Its key was ${ended} later, on ${until}.` : '';
  return {good: true, words: `Issuer: ${name}, whose key is known here.${later}`};
}

function dateFinding(document, now) {
  const day = document.validFrom.slice(0, 10);
  const time = new Date(document.validFrom);
  // A day that there is not, such as 2026-02-31, is another one when it is written again.
  const real = !isNaN(time) && time.toISOString().slice(0, 10) === day;
  if(!real || time > now.getTime() + LEEWAY || document.proof.created !== document.validFrom) {
    return {good: false, words: `Date: it says ${day}, which is not when it was signed, or is still to come.`};
  }
  return {good: true, words: `Date: signed on ${day}, by the issuer's own clock.`};
}

async function emailFinding(document, email) {
  const {salt, identityHash} = document.credentialSubject.identifier[1];
  const same = await emailHash(email, salt) === identityHash;
  return {good: same, words: `E-mail: it was ${same ? '' : 'not '}made out to ${email.trim()}.`};
}

export function gradedParts(document) {
  const {achievement, result} = document.credentialSubject;
  const values = new Map(result.map(entry => [entry.resultDescription, entry.value]));
  return achievement.resultDescription.map(({id, name, valueMax, requiredValue}) => ({
    name, points: values.get(id), most: valueMax, required: requiredValue,
    evidence: document.evidence.find(entry => entry.name === name)?.narrative ?? ''
  }));
}

function pointFindings(document) {
  return gradedParts(document).map(({name, points, most, required}) => {
    const words = `Points: ${name}: ${points} of ${most} points`;
    if(Number(points) > Number(most)) {
      return {good: false, words: `${words} are more than there are.`};
    }
    if(required === undefined) {
      return {good: true, words: `${words}.`};
    }
    const reached = Number(points) >= Number(required);
    const ending = reached ? `; ${required} were required.` : `, and ${required} were required.`;
    return {good: reached, words: words + ending};
  });
}

export function verdictOf({findings, document}) {
  if(document === undefined) {
    return 'REFUSED: this is not a certificate. Nothing in it may be relied on.';
  }
  const name = document.credentialSubject.identifier[0].identityHash;
  const what = isRecord(document) ? 'record of work' : 'certificate';
  if(findings.every(finding => finding.good)) {
    return `GOOD: this is a genuine ${what} of ${name}.`;
  }
  return isRecord(document) ?
    'REFUSED: this is a record of work. It is no certificate, or not what you asked for.' :
    'REFUSED: this is not what you asked for. See what is marked above.';
}
