import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {defaultSettings} from '../../../source/console/store/initial.ts';
import {readUserFiles} from '../../../source/console/user-files.ts';

const withFiles = (files: Readonly<Record<string, string>>): ReturnType<typeof readUserFiles> => {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-user-files-'));
	try {
		for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
		return readUserFiles(folder, {});
	} finally {
		rmSync(folder, {recursive: true});
	}
};

test('without files the defaults stand, and nobody is told', t => {
	t.deepEqual(withFiles({}), {settings: defaultSettings, keys: new Map(), complaints: []});
});

test('a wrong setting is named with its line, the others count', t => {
	const {settings, complaints} = withFiles({'settings.json': '{\n  "readOnly": true,\n  "undoSeconds": "soon",\n  "colour": 1\n}'});
	t.true(settings.readOnly);
	t.is(settings.undoSeconds, defaultSettings.undoSeconds);
	t.regex(complaints.join('\n'), /settings\.json:3: undoSeconds must be a number/);
	t.regex(complaints.join('\n'), /settings\.json:4: there is no setting colour/);
});

test('a broken file is named with the line that breaks it', t => {
	const {settings, complaints} = withFiles({'settings.json': '{\n  "readOnly": true,\n  oops\n}', 'keys.json': '[]'});
	t.deepEqual(settings, defaultSettings);
	t.regex(complaints[0] ?? '', /settings\.json:3: this is not JSON/);
	t.regex(complaints[1] ?? '', /keys\.json:1: this must be an object/);
});

test('keys are given by the names of acts; what is no key or no act is named', t => {
	const {keys, complaints} = withFiles({'keys.json': '{"stop": ["X", "f9"], "palette": "space", "fly": "y",\n"help": ["not a key"]}'});
	t.deepEqual(keys.get('stop'), ['X', 'f9']);
	t.deepEqual(keys.get('palette'), [' ']);
	t.is(keys.size, 2);
	t.regex(complaints.join('\n'), /keys\.json:1: there is no act fly/);
	t.regex(complaints.join('\n'), /keys\.json:2: these are no keys/);
});

test('a folder in the place of a file does not stop the console', t => {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-user-files-'));
	mkdirSync(join(folder, 'settings.json'));
	const {settings, complaints} = readUserFiles(folder, {HAWSER_READ_ONLY: '1'});
	rmSync(folder, {recursive: true});
	t.deepEqual(settings, {...defaultSettings, readOnly: true});
	t.regex(complaints[0] ?? '', /cannot be read \(EISDIR\)/);
});
