import {version} from '../../core/index.ts';
import type {CommandTable} from './completion.ts';
import {flagHead} from './flag-head.ts';
import type {Verb, VerbEntry} from './verb.ts';

/** hawser(1) for man, out of the same table as the help. */

/** A line of ours as text: troff takes dots and quotes at its beginning, backslashes, and bare dashes for its own. */
const escape = (text: string): string =>
	text
		.replaceAll('\\', '\\e')
		.replaceAll('-', '\\-')
		.replace(/^([.'])/gm, '\\&$1');

const HEAD = `.SH NAME
hawser \\- containers without a daemon, and a console to watch and steer them
.SH SYNOPSIS
.B hawser
[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARG\\fR...]
.PP
.B hawser
(on a terminal: the console)
.SH DESCRIPTION
The commands are those of docker's client; what a script says to docker it can say to hawser.
A container lives on when the command that started it has ended. Whatever fails before the program is asked to run ends with 125,
a command that cannot be invoked with 126, one that is not found with 127; else the code is the program's.`;

const TAIL = `.SH ENVIRONMENT
.TP
.B HAWSER_ROOT, HAWSER_STATE
Folders of what lasts, and of what a reboot takes (/var/lib/hawser, /run/hawser).
.TP
.B HAWSER_DEBUG
Subjects, with commas between, of which JSON lines are written to a file of the state folder.
.TP
.B DOCKER_CONFIG, DOCKER_DEFAULT_PLATFORM
As for docker's client. DOCKER_HOST and DOCKER_CONTEXT must mean this host.`;

export async function manPage({verbs}: CommandTable): Promise<string> {
	const shown = verbs.filter(({hidden}) => hidden !== true);
	const sections = await Promise.all(shown.map(async entry => verbSection(entry, await entry.load())));
	return [`.TH HAWSER 1 "" "hawser ${version}" "Hawser"`, HEAD, '.SH COMMANDS', ...sections, TAIL, ''].join('\n');
}

function verbSection({paths}: VerbEntry, {usage, description, flags}: Verb): string {
	const [first = '', ...others] = paths;
	const lines = [`.SS "hawser ${escape(first)} ${escape(usage).replaceAll('"', '\\(dq')}"`, escape(description)];
	if (others.length > 0) lines.push('.PP', `Also: ${others.map(path => `hawser ${escape(path)}`).join(', ')}.`);
	for (const flag of flags.filter(({hidden}) => hidden !== true)) lines.push('.TP', `.B ${escape(flagHead(flag).trim())}`, escape(flag.help).replaceAll('\n', '\n.br\n'));
	return lines.join('\n');
}
