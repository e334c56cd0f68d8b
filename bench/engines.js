// One flow after another in bpmn-engine: CPU milliseconds per instance, the least of several rounds.
'use strict';
const { readFileSync } = require('node:fs');
const { EventEmitter } = require('node:events');
const { Engine } = require(process.argv[2]);

const { flows, rounds } = JSON.parse(readFileSync(0, 'utf8'));
let calls = 0;

const services = {
  nothing(scope, done) { calls++; done(); },
  classify(scope, done) { calls++; done(); },
  count(scope, done) {
    calls++;
    const seen = scope.environment.variables;
    seen.i++;
    seen.more = seen.i < seen.n;
    done();
  },
};

async function run(source, variables) {
  const engine = new Engine({ source, services, variables: { ...variables } });
  const listener = new EventEmitter();
  listener.on('activity.wait', (task) => task.signal());
  const ended = engine.waitFor('end');
  await engine.execute({ listener });
  await ended;
}

async function main() {
  const figures = {};
  for (const [name, source, variables, repeats, work] of flows) {
    try {
      calls = 0;
      await run(source, variables);
      if (calls !== work) throw new Error(`ran ${calls} services, not ${work}`);
      let least = Infinity;
      for (let round = 0; round < rounds; round++) {
        const began = process.cpuUsage();
        for (let i = 0; i < repeats; i++) await run(source, variables);
        const used = process.cpuUsage(began);
        least = Math.min(least, (used.user + used.system) / 1000 / repeats);
      }
      figures[name] = least;
    } catch (error) {
      figures[name] = String(error.message).slice(0, 80);
    }
  }
  console.log(JSON.stringify(figures));
}

main();
