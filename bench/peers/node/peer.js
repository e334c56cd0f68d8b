// bpmn-engine as a peer: its state as one JSON text per instance, read and written at every step, in one transaction.
// node peer.js FOLDER-OF-node_modules DATABASE-URL; reads one request a line, answers each with one line of JSON.
'use strict';
const { EventEmitter } = require('node:events');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { randomUUID } = require('node:crypto');
const { createInterface } = require('node:readline');

const fetched = createRequire(`${process.argv[2]}/`);
const { Engine } = fetched('bpmn-engine');
const { Client } = fetched('pg');

const versionOf = (name) =>
  JSON.parse(readFileSync(`${process.argv[2]}/node_modules/${name}/package.json`, 'utf8')).version;
const db = new Client({ connectionString: process.argv[3] });
const flows = {};
let prepared = [];

const services = {
  nothing(scope, done) { done(); },
  classify(scope, done) { done(); },
};

// -- the engine

async function deploy(told) {
  await db.query('CREATE TABLE IF NOT EXISTS node_instance (id text PRIMARY KEY, state text NOT NULL)');
  await db.query(
    'CREATE TABLE IF NOT EXISTS node_inbox (key text PRIMARY KEY, instance text NOT NULL, element text NOT NULL, done boolean NOT NULL)',
  );
  await db.query('CREATE INDEX IF NOT EXISTS node_inbox_instance ON node_inbox (instance)');
  Object.assign(flows, told);
  return { version: versionOf('bpmn-engine'), history: 'what its state holds' };
}

async function transaction(work) {
  await db.query('BEGIN');
  const result = await work();
  await db.query('COMMIT');
  return result;
}

function listening() {
  const waits = new Map();
  const listener = new EventEmitter();
  listener.on('activity.wait', (task) => waits.set(task.id, task));
  return { listener, waits };
}

async function start(flow, variables) {
  const { listener, waits } = listening();
  const id = randomUUID();
  const engine = new Engine({ name: id, source: flow.diagram, services, variables });
  await engine.execute({ listener });
  await transaction(async () => {
    await db.query({ name: 'begin', text: 'INSERT INTO node_instance VALUES ($1, $2)', values: [id, await stateOf(engine)] });
    await list(id, [...waits.keys()]);
  });
  return id;
}

async function stateOf(engine) {
  const state = JSON.stringify(await engine.getState());
  if (engine.execution.state === 'running') await engine.stop(); // one that has ended never tells that it stopped
  return state;
}

async function list(instance, elements) {
  for (const element of elements) {
    await db.query({
      name: 'list', text: 'INSERT INTO node_inbox VALUES ($1, $2, $3, false)', values: [randomUUID(), instance, element],
    });
  }
}

async function openTasks(instance) {
  const text = 'SELECT key, element FROM node_inbox WHERE instance = $1 AND NOT done';
  return (await db.query({ name: 'tasks', text, values: [instance] })).rows;
}

async function complete(task, values) {
  await transaction(async () => {
    const text = 'SELECT i.instance, i.element, n.state FROM node_inbox i JOIN node_instance n ON n.id = i.instance'
      + ' WHERE i.key = $1 FOR UPDATE OF n';
    const { instance, element, state } = (await db.query({ name: 'read', text, values: [task] })).rows[0];
    const { listener, waits } = listening();
    const engine = new Engine({ name: instance, services }).recover(JSON.parse(state));
    await engine.resume({ listener });
    const others = new Set([...waits.keys()].filter((id) => id !== element));
    const open = waits.get(element);
    waits.delete(element);
    open.environment.assignVariables(values);
    open.signal();
    const written = await stateOf(engine);
    await db.query({ name: 'write', text: 'UPDATE node_instance SET state = $2 WHERE id = $1', values: [instance, written] });
    await db.query({ name: 'done', text: 'UPDATE node_inbox SET done = true WHERE key = $1', values: [task] });
    await list(instance, [...waits.keys()].filter((id) => !others.has(id)));
  });
}

// -- the requests

const numbered = (values, number) => ('round' in values ? { ...values, round: number } : { ...values });
const formOf = (flow, element, number) => numbered(flow.forms[element] || flow.forms[''], number);
const since = (began) => Math.round((performance.now() - began) * 1000) / 1000;

async function prepare(request) {
  const flow = flows[request.flow];
  if (request.instance) {
    prepared = [request.instance];
  } else {
    prepared = [];
    for (let number = 0; number < request.cases; number++) {
      const instance = await start(flow, numbered(flow.variables, number));
      for (let done = 0; done < request.past; done++) {
        const [task] = await openTasks(instance);
        await complete(task.key, formOf(flow, task.element, done));
      }
      prepared.push(instance);
    }
  }
  return { instance: prepared[0] || '' };
}

async function run(request) {
  const flow = flows[request.flow];
  const starts = [], completions = [];

  async function completeOne(task) {
    const values = formOf(flow, task.element, completions.length);
    const began = performance.now();
    await complete(task.key, values);
    completions.push(since(began));
  }
  async function completeNext(instance) {
    const [task] = await openTasks(instance);
    if (task) await completeOne(task);
    return task;
  }

  const cpu = process.cpuUsage(), began = performance.now();
  const until = began + request.seconds * 1000;
  if (flow.kind === 'steps') {
    for (const instance of prepared) for (let done = 0; done < request.steps; done++) await completeNext(instance);
  }
  while (flow.kind === 'shared' && performance.now() < until) {
    const own = (await openTasks(prepared[0])).find((task) => task.element === `work_${request.first}`);
    if (own) await completeOne(own);
  }
  while (flow.kind === 'cases' && performance.now() < until) {
    const begun = performance.now();
    const instance = await start(flow, numbered(flow.variables, starts.length));
    starts.push(since(begun));
    while (Object.keys(flow.forms).length && (await completeNext(instance)));
  }
  const used = process.cpuUsage(cpu);
  return {
    seconds: (performance.now() - began) / 1000,
    cpu: (used.user + used.system) / 1e6,
    peak_kb: Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]),
    starts, completions, conflicts: 0,
  };
}

async function main() {
  await db.connect();
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const answers = { deploy: () => deploy(request.flows), prepare: () => prepare(request), run: () => run(request) };
    process.stdout.write(`${JSON.stringify(await answers[request.do]())}\n`);
  }
  await db.end();
}

main();
