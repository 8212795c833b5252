import {createHash} from 'node:crypto';
import {chmodSync, existsSync, mkdirSync, readdirSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {EngineError} from '../errors/error.ts';
import {type AskedSettings, readSettings, type Settings} from './settings.ts';
import {imageTables} from '../image/tables.ts';
import {networkTables, upgradeNetworks} from '../network/tables.ts';
import {readIfThere, replaceFile} from '../platform/files.ts';
import {type Database, openDatabase} from '../state/database.ts';
import {chooseDriver} from '../snapshot/choose.ts';
import type {DriverName} from '../snapshot/model.ts';
import {containerTables} from '../state/tables.ts';
import {upgradeVolumes, volumeTables} from '../volume/tables.ts';

/** An open engine: the first argument of every verb. Cheap to open; the database opens at its first use. */
export type Engine = {
	/** What lasts; absolute. */
	readonly root: string;
	/** What a reboot takes; absolute. */
	readonly state: string;
	/** `hawser`, or `hawser-1234abcd` for a root of one's own: names cgroups, bridges and tables, so that stores never meet. */
	readonly store: string;
	readonly cgroupParent: string;
	/** Paths of the helpers, and of the command line itself. */
	readonly native: {
		readonly runtime: string;
		readonly monitor: string;
		readonly layer: string;
		readonly net: string;
		readonly resolver: string;
		readonly init: string;
		readonly command: string;
	};
	/** The OCI runtime when none is named; `native.runtime` unless chosen otherwise. */
	readonly defaultRuntime: string;
	readonly settings: Settings;
	/** What containers' files are kept with: chosen and noted in the store when it is first asked for. */
	readonly storageDriver: DriverName;
	readonly db: Database;
	/** Called with a sentence that whoever uses the engine should hear, though what was asked for was done. */
	readonly notice: (text: string) => void;
	/** See closeEngine(). */
	close(): void;
};

export type EngineOptions = {readonly root?: string; readonly state?: string; readonly runtime?: string; readonly notice?: Engine['notice']} & AskedSettings;

/** What leads from one schema to the next, from the first on. */
const upgrades: readonly string[] = [upgradeNetworks, upgradeVolumes];

const DEFAULT_ROOT = '/var/lib/hawser';
const DEFAULT_STATE = '/run/hawser';

export function openEngine({
	root = process.env['HAWSER_ROOT'] ?? DEFAULT_ROOT,
	state = process.env['HAWSER_STATE'],
	runtime = process.env['HAWSER_RUNTIME'],
	notice = () => {},
	...asked
}: EngineOptions = {}): Engine {
	if (process.geteuid?.() !== 0) throw new EngineError({code: 'engine.not-root', message: 'hawser must be run as root', hint: 'Run it with sudo.'});
	const absoluteRoot = checkPath(root);
	const absoluteState = checkPath(state ?? (absoluteRoot === DEFAULT_ROOT ? DEFAULT_STATE : `/run/${hashedName(absoluteRoot)}`));
	const folder = helperFolder();
	let db: Database | undefined;
	let settings: Settings | undefined;
	let driver: DriverName | undefined;
	makePrivate(absoluteRoot);
	makePrivate(absoluteState);
	const store = storeName(absoluteRoot, absoluteState);
	const runtimePath = join(folder, 'hawser-runtime');
	const layerHelper = join(folder, 'hawser-layer');
	return {
		root: absoluteRoot,
		state: absoluteState,
		store,
		cgroupParent: `/${store}`,
		native: {
			runtime: runtimePath,
			monitor: join(folder, 'hawser-monitor'),
			layer: layerHelper,
			net: join(folder, 'hawser-net'),
			resolver: join(folder, 'hawser-resolver'),
			init: join(folder, 'hawser-init'),
			command: join(folder, 'hawser'),
		},
		defaultRuntime: runtime === undefined || runtime === '' ? runtimePath : runtime,
		get settings() {
			return (settings ??= readSettings(asked));
		},
		notice,
		get storageDriver() {
			return (driver ??= chooseDriver({root: absoluteRoot, helper: layerHelper}, this.settings.storageDriver, notice));
		},
		get db() {
			db ??= openDatabase(join(absoluteRoot, 'hawser.db'), [containerTables, imageTables, networkTables, volumeTables], upgrades);
			return db;
		},
		close() {
			if (db?.isOpen === true) db.close();
		},
	};
}

/** Folds the records' log into them and closes them. A process that ends need not: what it has committed is safe, and this takes syncs. */
export const closeEngine = (engine: Engine): void => engine.close();

const hashedName = (root: string): string => `hawser-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;

/** Kept in STATE, because loading the hash takes longer than all else of a short command. */
function storeName(root: string, state: string): string {
	if (root === DEFAULT_ROOT) return 'hawser';
	const [name = '', of] = readIfThere(`${state}/store`)?.split('\n') ?? [];
	if (of === root && /^hawser-[0-9a-f]{8}$/.test(name)) return name;
	const made = hashedName(root);
	replaceFile(`${state}/store`, `${made}\n${root}\n`);
	return made;
}

/** The plan format has no quoting, and mount options end at `:` and `,`. */
function checkPath(path: string): string {
	const absolute = resolve(path);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: just these are refused
	if (/[:,\u0000-\u001f\u007f]/.test(absolute))
		throw new EngineError({
			code: 'engine.bad-option',
			subject: absolute,
			message: `the store's path ${JSON.stringify(absolute)} holds a colon, a comma or a control character`,
			hint: 'Choose another folder for --root and --state.',
		});
	return absolute;
}

/** Nobody but root may reach layers: they hold setuid programs and devices. */
function makePrivate(path: string): void {
	const found = statSync(path, {throwIfNoEntry: false});
	if (found === undefined) mkdirSync(path, {recursive: true, mode: 0o700});
	else if (!found.isDirectory()) throw new EngineError({code: 'engine.bad-option', subject: path, message: `${path} is not a directory`});
	else if ((found.mode & 0o77) === 0) return;
	else if (isOurs(path)) chmodSync(path, 0o700);
	else
		throw new EngineError({
			code: 'engine.bad-option',
			subject: path,
			message: `${path} is open to other users, and holds other things than a store`,
			hint: 'Choose a folder of its own for --root and --state.',
		});
}

/** To be closed against others it must be a store already, or empty: `--root /tmp` must not lock everybody out. */
const isOurs = (path: string): boolean => ['hawser.db', 'store', 'containers'].some(name => existsSync(`${path}/${name}`)) || readdirSync(path).length === 0;

/** The helpers lie beside the running bundle, or in dist/ when the sources run as they are. */
function helperFolder(): string {
	const here = import.meta.dirname;
	const candidates = [here, dirname(here), join(here, '../../dist'), dirname(process.execPath)];
	return candidates.find(folder => existsSync(join(folder, 'hawser-runtime'))) ?? candidates[2] ?? here;
}
