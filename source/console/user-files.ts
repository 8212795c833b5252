import {readFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {bindings} from './keys/table.ts';
import {defaultSettings} from './store/initial.ts';
import type {Settings} from './store/state.ts';

/** What an operator writes by hand: settings.json and keys.json. What is wrong in them is named with its line, and the default stands. */
export type UserFiles = {readonly settings: Settings; readonly keys: ReadonlyMap<string, readonly string[]>; readonly complaints: readonly string[]};

export const configFolder = (env: NodeJS.ProcessEnv = process.env): string => join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'hawser');

type File = {readonly path: string; readonly text: string; readonly values: Readonly<Record<string, unknown>>; readonly complaint: string | undefined};

const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length;

/** The line that a name stands on, for what is wrong about its value. */
function lineOf(text: string, name: string): number {
	const at = text.search(new RegExp(`"${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}"\\s*:`));
	return at === -1 ? 1 : lineAt(text, at);
}

function readObject(path: string): File {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		return {path, text: '', values: {}, complaint: code === 'ENOENT' ? undefined : `${path} cannot be read (${code}): the defaults stand.`};
	}
	try {
		const read: unknown = JSON.parse(text);
		if (typeof read === 'object' && read !== null && !Array.isArray(read)) return {path, text, values: read as Record<string, unknown>, complaint: undefined};
		return {path, text, values: {}, complaint: `${path}:1: this must be an object, in braces: the defaults stand.`};
	} catch (error) {
		const position = Number(/position (\d+)/.exec(String(error))?.[1] ?? 0);
		return {path, text, values: {}, complaint: `${path}:${lineAt(text, position)}: this is not JSON: the defaults stand.`};
	}
}

const isBoolean = (value: unknown): boolean => typeof value === 'boolean';

const checks: Readonly<Record<keyof Settings, {readonly good: (value: unknown) => boolean; readonly words: string}>> = {
	readOnly: {good: isBoolean, words: 'true or false'},
	protected: {good: value => Array.isArray(value) && value.every(name => typeof name === 'string'), words: 'a list of names'},
	confirmStop: {good: isBoolean, words: 'true or false'},
	undoSeconds: {good: value => typeof value === 'number' && value >= 0 && value <= 60, words: 'a number from 0 to 60'},
	record: {good: isBoolean, words: 'true or false'},
	cpuOf: {good: value => value === 'core' || value === 'host', words: '"core" or "host"'},
	exitOnCtrlC: {good: isBoolean, words: 'true or false'},
	bell: {good: isBoolean, words: 'true or false'},
};

function readSettings({path, text, values}: File, complaints: string[]): Settings {
	const good = Object.entries(values).filter(([name, value]) => {
		const check = Object.hasOwn(checks, name) ? checks[name as keyof Settings] : undefined;
		if (check?.good(value)) return true;
		complaints.push(`${path}:${lineOf(text, name)}: ${check ? `${name} must be ${check.words}` : `there is no setting ${name}`}: the default stands.`);
		return false;
	});
	return {...defaultSettings, ...Object.fromEntries(good)};
}

const isKey = (value: unknown): value is string =>
	typeof value === 'string' && /^(\S|space|gg|(ctrl|alt)-\S+|enter|escape|tab|shift-tab|up|down|left|right|home|end|pageup|pagedown|insert|delete|f\d{1,2})$/.test(value);

function readKeys({path, text, values}: File, complaints: string[]): ReadonlyMap<string, readonly string[]> {
	const names = new Set(bindings.map(({name}) => name));
	const keys = new Map<string, readonly string[]>();
	for (const [name, value] of Object.entries(values)) {
		const list = Array.isArray(value) ? value : [value];
		const wrong = names.has(name) ? (list.every(key => isKey(key)) ? undefined : 'these are no keys') : `there is no act ${name}`;
		if (wrong === undefined)
			keys.set(
				name,
				list.filter(key => isKey(key)).map(key => (key === 'space' ? ' ' : key)),
			);
		else complaints.push(`${path}:${lineOf(text, name)}: ${wrong}: the default stands.`);
	}
	return keys;
}

export function readUserFiles(folder = configFolder(), env: NodeJS.ProcessEnv = process.env): UserFiles {
	const files = ['settings.json', 'keys.json'].map(name => readObject(join(folder, name)));
	const [settingsFile, keysFile] = files;
	const complaints = files.flatMap(({complaint}) => complaint ?? []);
	const settings = settingsFile ? readSettings(settingsFile, complaints) : defaultSettings;
	const keys = keysFile ? readKeys(keysFile, complaints) : new Map<string, readonly string[]>();
	return {settings: env['HAWSER_READ_ONLY'] ? {...settings, readOnly: true} : settings, keys, complaints};
}
