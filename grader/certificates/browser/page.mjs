// The page: a file is chosen or dropped, and everything that is shown is read out of it. Text is only ever put in
// as text, never as HTML.
import {check, gradedParts, verdictOf} from './check.mjs';

const issuers = JSON.parse(document.getElementById('issuers').textContent);
const byId = id => document.getElementById(id);
let chosen;

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if(className) {
    made.className = className;
  }
  return made;
}

function rows(pairs) {
  return pairs.map(([name, value]) => {
    const row = document.createElement('tr');
    const head = element('th', name);
    head.scope = 'row';
    row.append(head, element('td', value));
    return row;
  });
}

function claims(found) {
  const subject = found.credentialSubject;
  const parts = gradedParts(found).map(({name, points, most, evidence}) =>
    [name, `${points} of ${most} points\n${evidence}`]);
  const skills = (subject.achievement.alignment ?? []).map(({targetFramework, targetCode}) =>
    `${targetFramework.replace('AWS exam guide ', '')} ${targetCode}`);
  const others = found.evidence.filter(({genre}) => ['correction', 'verification'].includes(genre));
  return [
    ['What', found.name],
    ['Name', subject.identifier[0].identityHash],
    ['Signed by', `${found.issuer.name}\n${found.issuer.id}`],
    ['Day', found.validFrom.slice(0, 10)],
    ['Asked for', subject.achievement.criteria.narrative],
    ...parts,
    ...(skills.length ? [['Skills of AWS exams that the lessons serve', skills.join(', ')]] : []),
    ...others.map(({name, narrative, id}) => [name, id ?? narrative.replace('replaces: ', '')]),
    ['Version of the course', subject.achievement.version],
    ['Number', found.id],
    ['What it does not prove', found.description]
  ];
}

function show(text, result) {
  byId('verdict').textContent = text;
  byId('verdict').className = text.startsWith('GOOD') ? 'good' : 'bad';
  byId('findings').replaceChildren(...result.findings.map(({good, words}) => {
    const item = element('li', '', good ? 'good' : 'bad');
    item.append(element('span', good ? 'yes ' : 'NO ', 'sign'), words);
    return item;
  }));
  byId('claims').replaceChildren(...(result.document ? rows(claims(result.document)) : []));
  byId('said').hidden = result.document === undefined;
  byId('answer').hidden = false;
}

async function run() {
  if(chosen === undefined) {
    return;
  }
  const asked = {
    issuers,
    issuer: byId('issuer').value.trim() || undefined,
    email: byId('email').value.trim() || undefined,
    record: byId('record').checked
  };
  const file = chosen;
  try {
    const result = await check(await file.text(), asked);
    show(verdictOf(result), result);
  } catch(error) {
    show('NOT CHECKED: this browser can not check it.', {findings: [{good: false, words: String(error.message)}]});
  }
}

function choose(file, dropped = false) {
  if(file !== undefined) {
    chosen = file;
    byId('file-name').textContent = dropped ? `Dropped: ${file.name}` : '';
    run();
  }
}

byId('file').addEventListener('change', event => choose(event.target.files[0]));
for(const id of ['issuer', 'email', 'record']) {
  byId(id).addEventListener('change', run);
}
document.addEventListener('dragover', event => event.preventDefault());
document.addEventListener('drop', event => {
  event.preventDefault();
  choose(event.dataTransfer.files[0], true);
});
byId('known').replaceChildren(...issuers.map(({name, did, until, ended}) => {
  const item = element('li', name + (until ? ` (${ended}, until ${until})` : ''));
  item.append(element('code', did));
  return item;
}));
byId('known-none').hidden = issuers.length > 0;
