import {closeSync, openSync, unlinkSync, writeSync} from 'node:fs';
import {getSystemErrorMessage} from 'node:util';
import {type ContainerSpec, createContainer, type Engine, isEngineError} from '../../core/index.ts';
import {refuseContentTrust} from './content-trust.ts';
import {type FlagValues, UsageError} from './flags.ts';
import {printError} from './output.ts';
import {pullWithProgress} from './pull.ts';
import {withTag} from './reference-text.ts';
import {checkPull} from './run-flags.ts';

/** Creates what `run` and `create` asked for; pulls the image when it is not there, and keeps `--cidfile`. */
export async function createFromFlags(engine: Engine, spec: ContainerSpec, flags: FlagValues): Promise<string> {
	checkPull(flags.text('pull'));
	refuseContentTrust(flags, spec.image);
	const cidfile = openIdFile(flags.text('cidfile'));
	try {
		const {id, warnings} = await createOrPull(engine, spec, flags);
		for (const warning of warnings) printError(`WARNING: ${warning}`);
		cidfile?.write(id);
		return id;
	} catch (error) {
		cidfile?.discard();
		throw error;
	}
}

async function createOrPull(engine: Engine, spec: ContainerSpec, flags: FlagValues): ReturnType<typeof createContainer> {
	const pull = (): Promise<void> =>
		pullWithProgress(engine, spec.image, {quiet: flags.bool('quiet'), descriptor: 2, ...(spec.platform !== undefined && {platform: spec.platform})});
	if (flags.text('pull') === 'always') await pull();
	try {
		return await createContainer(engine, spec);
	} catch (error) {
		if (!isEngineError(error, 'image.not-found') || flags.text('pull') === 'never') throw error;
		if (!flags.bool('quiet')) printError(`Unable to find image '${withTag(spec.image)}' locally`);
		await pull();
		return createContainer(engine, spec);
	}
}

type IdFile = {write(id: string): void; discard(): void};

/** Taken before anything is made: a file that is there belongs to another container. */
function openIdFile(path: string): IdFile | undefined {
	if (path === '') return undefined;
	let descriptor: number;
	try {
		descriptor = openSync(path, 'wx', 0o644);
	} catch (error) {
		const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
		throw new UsageError(
			`hawser: ${exists ? `container ID file found, make sure the other container isn't running or delete ${path}` : `failed to create the container ID file: open ${path}: ${getSystemErrorMessage((error as NodeJS.ErrnoException).errno ?? 0)}`}`,
			{usage: false},
		);
	}
	return {
		write(id) {
			writeSync(descriptor, id);
			closeSync(descriptor);
		},
		discard() {
			closeSync(descriptor);
			unlinkSync(path);
		},
	};
}
