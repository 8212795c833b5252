import {type Copied, type CopyOptions, copyFromContainer, copyToContainer, type Engine} from '../../core/index.ts';
import {UsageError} from '../cli/flags.ts';
import {isTerminal, printError} from '../cli/output.ts';
import {humanSize} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\thawser cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
	description:
		"Copy files/folders between a container and the local filesystem\n\nUse '-' as the source to read a tar archive from stdin\nand extract it to a directory destination in a container.\nUse '-' as the destination to stream a tar archive of a\ncontainer source to stdout.",
	args: [2, 2],
	flags: [
		{name: 'archive', short: 'a', kind: 'bool', help: 'Archive mode (copy all uid/gid information)'},
		{name: 'follow-link', short: 'L', kind: 'bool', help: 'Always follow symlinks in SRC_PATH'},
		{name: 'quiet', short: 'q', kind: 'bool', help: "Don't say what was copied; it is not said either where no terminal is attached"},
	],
	async run({flags, args: [source = '', destination = ''], engine}) {
		if (source === '') throw mistake('source can not be empty');
		if (destination === '') throw mistake('destination can not be empty');
		const copied = await copy(engine, splitArgument(source), splitArgument(destination), {archive: flags.bool('archive'), followLink: flags.bool('follow-link')});
		const quiet = flags.given('quiet') ? flags.bool('quiet') : !isTerminal(1);
		if (!quiet && destination !== '-') printError(`Successfully copied ${humanSize(copied.bytes, 3)} to ${copied.to}`);
		return 0;
	},
};

const mistake = (message: string): UsageError => new UsageError(message, {exitCode: 1, usage: false});

type End = {readonly container: string; readonly path: string};

function copy(engine: () => Engine, from: End, to: End, options: CopyOptions): Promise<Copied> {
	if (from.container !== '' && to.container !== '') throw mistake('copying between containers is not supported');
	if ((from.container !== '' && from.path === '') || (to.container !== '' && to.path === '')) throw mistake('Error response from daemon: bad parameter: pathcannot be empty');
	if (from.container !== '') return copyFromContainer(engine(), from.container, from.path, to.path, options);
	if (to.container !== '') return copyToContainer(engine(), to.container, from.path, to.path, options);
	throw mistake('must specify at least one container source');
}

/** `CONTAINER:PATH`; what begins with a slash or a dot is of the host, whatever colons it has. */
function splitArgument(argument: string): End {
	const colon = argument.indexOf(':');
	if (/^[/.]/.test(argument) || colon < 0) return {container: '', path: argument};
	return {container: argument.slice(0, colon), path: argument.slice(colon + 1)};
}
