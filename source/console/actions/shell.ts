import {containerById} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {ask} from './ask.ts';
import {audit} from './audit.ts';
import {type Context, complain, inform} from './context.ts';
import {containerTargets, imageTargets} from './marks.ts';

/** The best shell that is there. The container's own `sh` chooses: only it knows its files. */
const bestShell = ['/bin/sh', '-c', 'if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi'];

/** What exec ends with where the program is not there, or cannot be run. */
const noProgram = new Set([126, 127]);

export async function openShell(context: Context): Promise<void> {
	const target = runningTarget(context);
	if (!target) return;
	await run(context, target, `Shell · ${target.name}`, bestShell, end => {
		// bash and sh end so, too, where their last command was not found: only a shell that never spoke was not there.
		if (noProgram.has(end.code)) void openToolbox(context, target);
		return 'close';
	});
}

/** For images without a shell: ours, for as long as the session lasts. */
async function openToolbox(context: Context, target: Target): Promise<void> {
	const shells = await context.engine.listFolder(target.id, '/bin').catch(() => []);
	if (shells.some(({name}) => name === 'sh')) return;
	try {
		inform(context, `${target.name} has no shell: a toolbox is lent to it for this session`);
		const command = await context.engine.bringToolbox(target.id);
		await run(context, target, `Toolbox · ${target.name}`, command, () => 'close');
	} catch (error) {
		complain(context, error);
	}
}

/** Goes back to a session that somebody left. */
export async function joinSession(context: Context, containerId: string, session: string): Promise<void> {
	const name = containerById(context.store.getState(), containerId)?.name ?? containerId.slice(0, 12);
	await openSelf(context, `Session · ${name}`, ['container', 'join', containerId, session], containerId);
}

export function askCommand(context: Context): void {
	const targets = containerTargets(context).filter(({id}) => containerById(context.store.getState(), id)?.status === 'running');
	const [target] = targets;
	if (!target) return void runningTarget(context);
	const label = targets.length === 1 ? `exec in ${target.name}` : `exec in ${targets.length} containers`;
	context.store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'exec', label, text: '', before: '', targets}});
}

/** In each of them, a pane for each: `[` and `]` go through the results. */
export async function execTyped(context: Context, targets: readonly Target[], line: string): Promise<void> {
	const words = splitWords(line);
	if (words.length === 0) return;
	for (const target of targets) await run(context, target, `${words.join(' ')} · ${target.name}`, words, () => 'keep');
}

/** `A`: to the main process. How to get away from it is said first. */
export function askAttach(context: Context): void {
	const target = runningTarget(context);
	if (!target) return;
	ask(context, {
		verb: 'attach',
		what: 'Attach to',
		targets: [target],
		details: ['What you type goes to its main process; Ctrl-C may end it.', 'Ctrl-p Ctrl-q detaches, Ctrl-] gives the keys back to the console.'],
	});
}

export async function attachTargets(context: Context, targets: readonly Target[]): Promise<void> {
	for (const target of targets) await openSelf(context, `Attached · ${target.name}`, ['attach', target.id], target.id);
}

/** `U` on an image: the pull's own progress, in a pane; Ctrl-C there calls it off. */
export async function pullImages(context: Context): Promise<void> {
	for (const {name} of imageTargets(context)) {
		if (name.startsWith('<none>')) inform(context, 'An image without a name cannot be pulled');
		else await openSelf(context, `Pull · ${name}`, ['pull', name]);
	}
}

/** A command of ours in a pane. */
export async function openSelf(context: Context, title: string, words: readonly string[], containerId = ''): Promise<void> {
	try {
		await context.shells.open({containerId, title}, context.engine.selfCommand(words), () => 'keep');
		audit(context, {verb: words[0] ?? '', kind: containerId === '' ? 'image' : 'container', id: containerId, name: title, result: 'opened'});
	} catch (error) {
		complain(context, error);
	}
}

function runningTarget(context: Context): Target | undefined {
	const [target] = containerTargets(context);
	if (!target) return undefined;
	const status = containerById(context.store.getState(), target.id)?.status;
	if (status === 'running') return target;
	inform(context, status === 'paused' ? `${target.name} is paused: P resumes it` : `${target.name} does not run: U starts it`);
	return undefined;
}

async function run(context: Context, target: Target, title: string, command: readonly string[], onExit: Parameters<Context['shells']['open']>[2]): Promise<void> {
	try {
		await context.shells.open({containerId: target.id, title}, context.engine.execCommand(target.id, command), onExit);
		audit(context, {verb: 'exec', kind: 'container', id: target.id, name: target.name, result: command === bestShell ? 'shell' : command.join(' ')});
	} catch (error) {
		complain(context, error);
	}
}

/** Words as a shell splits them: blanks separate, quotes keep together, a backslash takes the next character as it is. */
export function splitWords(line: string): string[] {
	const words: string[] = [];
	for (const [word] of line.matchAll(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\])+/g)) {
		words.push(
			word.replaceAll(
				/\\(.)|"((?:\\.|[^"\\])*)"|'([^']*)'/g,
				(_, escaped?: string, double?: string, single?: string) => escaped ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? single ?? '',
			),
		);
	}
	return words;
}
