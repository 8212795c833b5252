/** The attacks of docs/security.md bite where there is no defence: see controls.ts. */
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test from 'ava';
import {compileProbe, compileRace} from '../helpers/probe.ts';
import {fillRoot} from '../native/runtime-world.ts';
import {controls, prelude} from './controls.ts';

const folder = mkdtempSync(`${tmpdir()}/hawser-controls-`);
const programs = {PROBE: compileProbe(folder), RACE: compileRace(folder)};
test.after.always(() => rmSync(folder, {recursive: true}));

for (const {row, how, script, bites} of controls)
	test(`control of ${row} succeeds: ${how}`, t => {
		const place = mkdtempSync(`${folder}/${row}-`);
		const names = {ROOT: `${place}/root`, CANARY: `${place}/canary`, TMP: `${place}/tmp`};
		for (const path of Object.values(names)) mkdirSync(path);
		fillRoot(names.ROOT);
		writeFileSync(`${names.CANARY}/f`, 'of the host\n');
		const {stdout, stderr} = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', prelude + script], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
			env: {PATH: process.env['PATH'] ?? '', ...programs, ...names},
			timeout: 30_000,
		});
		t.regex(stdout + stderr, bites);
	});
