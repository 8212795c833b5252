import {type Engine, inspectContainer, inspectImage, inspectNetwork, inspectVolume, isEngineError} from '../../core/index.ts';
import {objectFormatFlag} from '../cli/common-flags.ts';
import {type Flag, UsageError} from '../cli/flags.ts';
import {renderObject} from '../cli/object-format.ts';
import {print, printError} from '../cli/output.ts';
import type {Context, Verb} from '../cli/verb.ts';

type Found = Record<string, unknown>;
type Look = (engine: Engine, name: string, how: {readonly size: boolean; readonly platforms: readonly string[]}) => Found;

const looks: Readonly<Record<string, Look>> = {
	container: (engine, name, {size}) => inspectContainer(engine, name, {size}),
	image: (engine, name, {platforms}) => inspectImage(engine, name, platforms),
	network: (engine, name) => inspectNetwork(engine, name),
	volume: (engine, name) => inspectVolume(engine, name),
};

/** Kind after kind until one knows the name. */
function lookEverywhere(...[engine, name, how]: Parameters<Look>): Found {
	for (const look of Object.values(looks)) {
		try {
			return look(engine, name, how);
		} catch (error) {
			if (!isEngineError(error) || !error.code.endsWith('.not-found')) throw error;
		}
	}
	throw new Error(`No such object: ${name}`);
}

async function inspectAll({flags, args, engine}: Context, look: Look): Promise<number> {
	const found: Found[] = [];
	const failures: string[] = [];
	const how = {size: flags.given('size') && flags.bool('size'), platforms: flags.given('platform') ? [flags.text('platform')] : []};
	for (const name of args) {
		try {
			found.push(look(engine(), name, how));
		} catch (error) {
			failures.push((error as Error).message);
		}
	}
	await show(found, flags.text('format'));
	for (const message of failures) printError(`Error: ${message}`);
	return failures.length === 0 ? 0 : 1;
}

const INDENT = 4;

async function show(found: readonly Found[], format: string): Promise<void> {
	if (format === '') return print(`${JSON.stringify(found, null, INDENT)}\n`);
	if (format === 'json') return print(`${JSON.stringify(found)}\n`);
	const {structView} = await import('../cli/inspect-view.ts');
	if (found.length === 0) print('\n');
	for (const object of found) print(await renderObject(format, object, structView(object)));
}

const sizeFlag: Flag = {name: 'size', short: 's', kind: 'bool', help: 'Show the sizes of the files of a container'};

function checkType(type: string): void {
	if (type !== '' && !Object.hasOwn(looks, type)) throw new UsageError(`unknown type: "${type}": must be one of "${Object.keys(looks).join('", "')}"`, {exitCode: 1, usage: false});
}

export const inspectAny: Verb = {
	usage: '[OPTIONS] NAME|ID [NAME|ID...]',
	description: 'Show everything known about objects, as JSON',
	args: [1, Infinity],
	flags: [objectFormatFlag, sizeFlag, {name: 'type', kind: 'string', help: 'Only look for container, image, network or volume'}],
	run(context) {
		const type = context.flags.text('type');
		checkType(type);
		return inspectAll(context, looks[type] ?? lookEverywhere);
	},
};

const verbOf = (kind: string, more: readonly Flag[] = []): Verb => ({
	usage: `[OPTIONS] ${kind.toUpperCase()} [${kind.toUpperCase()}...]`,
	description: `Show everything known about ${kind}s`,
	args: [1, Infinity],
	flags: [objectFormatFlag, ...more],
	run: context => inspectAll(context, looks[kind] ?? lookEverywhere),
});

export const inspectContainers = verbOf('container', [sizeFlag]);
export const inspectImages = verbOf('image', [{name: 'platform', kind: 'string', help: 'Only if the image is for this platform, e.g. linux/amd64'}]);
export const inspectNetworks = verbOf('network', [{name: 'verbose', short: 'v', kind: 'bool', help: 'Accepted for scripts: there is no more to tell'}]);
export const inspectVolumes = verbOf('volume');
