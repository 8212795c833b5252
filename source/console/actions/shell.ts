import {containerById} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {type Context, complain, inform} from './context.ts';
import {targetOf} from './target.ts';

/** The best shell that is there. The container's own `sh` chooses: only it knows its files. */
const bestShell = ['/bin/sh', '-c', 'if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi'];

export async function openShell(context: Context): Promise<void> {
	const target = runningTarget(context);
	if (!target) return;
	await run(context, target, `Shell · ${target.name}`, bestShell, code => {
		if (code === 126 || code === 127) {
			complain(context, new Error(`${target.name} has no /bin/sh. Use e to run a program that its image has.`));
			return 'close';
		}
		return 'close';
	});
}

export function askCommand(context: Context): void {
	const target = runningTarget(context);
	if (!target) return;
	context.store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'exec', label: `exec in ${target.name}`, text: '', before: '', target}});
}

export async function execTyped(context: Context, target: Target, line: string): Promise<void> {
	const words = splitWords(line);
	if (words.length === 0) return;
	await run(context, target, `${words.join(' ')} · ${target.name}`, words, () => 'keep');
}

function runningTarget(context: Context): Target | undefined {
	const target = targetOf(context);
	if (!target) return undefined;
	const status = containerById(context.store.getState(), target.id)?.status;
	if (status === 'running') return target;
	inform(context, status === 'paused' ? `${target.name} is paused: P resumes it` : `${target.name} does not run: U starts it`);
	return undefined;
}

async function run(context: Context, target: Target, title: string, command: readonly string[], onExit: (code: number) => 'close' | 'keep'): Promise<void> {
	try {
		await context.shells.open({containerId: target.id, title}, command, onExit);
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
