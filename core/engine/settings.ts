import {homedir} from 'node:os';
import {join} from 'node:path';
import {EngineError} from '../errors/error.ts';
import {parseStrictJson} from '../oci/json.ts';
import {asObject, asString, optional, placeOf, refuse} from '../oci/shape.ts';
import {readTrusted} from '../platform/trusted.ts';
import {type DriverWish, parseDriver} from '../snapshot/choose.ts';

/** What the administrator decides for all containers. */
export type Settings = {
	/** The stricter defaults of docs/security.md. */
	readonly hardened: boolean;
	/** `auto`: every container gets ids of its own; `USER[:GROUP]`: all share those of that name in /etc/subuid and /etc/subgid; '' is neither. */
	readonly usernsRemap: string;
	/** What containers' files are kept with. */
	readonly storageDriver: DriverWish;
};

/** As they are said: not all are looked at yet. */
export type AskedSettings = Partial<Omit<Settings, 'storageDriver'> & {readonly storageDriver: string}>;

const files = (): string[] => [join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'hawser/engine.json'), '/etc/hawser/engine.json'];

/** A flag before an environment variable (HAWSER_HARDENED, HAWSER_USERNS_REMAP, HAWSER_STORAGE_DRIVER) before the user's engine.json before the machine's. */
export function readSettings(asked: AskedSettings = {}): Settings {
	const kept = readFile();
	const hardened = asked.hardened ?? parseSwitch(process.env['HAWSER_HARDENED'], 'HAWSER_HARDENED') ?? kept.hardened ?? false;
	const usernsRemap = asked.usernsRemap ?? process.env['HAWSER_USERNS_REMAP'] ?? kept.usernsRemap ?? '';
	const storageDriver = parseDriver(asked.storageDriver ?? process.env['HAWSER_STORAGE_DRIVER'] ?? kept.storageDriver ?? '');
	return {hardened, usernsRemap: checkRemap(usernsRemap), storageDriver};
}

function readFile(): AskedSettings {
	for (const file of files()) {
		const bytes = readTrusted(file, 'engine.bad-option');
		if (bytes === undefined) continue;
		const place = placeOf(file);
		const object = asObject(parseStrictJson(bytes, file), place);
		const {hardened} = object;
		if (hardened !== undefined && typeof hardened !== 'boolean') refuse(place, 'hardened is not true or false');
		const usernsRemap = optional(object, 'userns-remap', place, asString);
		const storageDriver = optional(object, 'storage-driver', place, asString);
		return {...(hardened !== undefined && {hardened}), ...(usernsRemap !== undefined && {usernsRemap}), ...(storageDriver !== undefined && {storageDriver})};
	}
	return {};
}

const words: Readonly<Record<string, boolean>> = {'': false, '0': false, false: false, no: false, '1': true, true: true, yes: true};

function parseSwitch(text: string | undefined, name: string): boolean | undefined {
	if (text === undefined) return undefined;
	const value = words[text.toLowerCase()];
	if (value === undefined) throw new EngineError({code: 'engine.bad-option', subject: name, message: `${name} is ${JSON.stringify(text)}: it must be 1 or 0`});
	return value;
}

function checkRemap(text: string): string {
	if (/^([a-zA-Z0-9_][a-zA-Z0-9_.-]*(:[a-zA-Z0-9_][a-zA-Z0-9_.-]*)?)?$/.test(text)) return text;
	throw new EngineError({
		code: 'engine.bad-option',
		subject: text,
		message: `invalid userns-remap ${JSON.stringify(text)}`,
		hint: 'auto, default, or USER[:GROUP] of /etc/subuid and /etc/subgid.',
	});
}
