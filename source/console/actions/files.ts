import {homedir} from 'node:os';
import {posix, resolve} from 'node:path';
import {sanitizeText} from '../../terminal/sanitize.ts';
import {selectedRow} from '../store/select.ts';
import type {SheetNode} from '../store/sheet.ts';
import type {Page} from '../store/state.ts';
import {type Context, complain, inform, runTask} from './context.ts';
import {sessionOf} from '../tabs/sessions.ts';
import {joinSession} from './shell.ts';
import {showText} from './views.ts';

const shown = 1024 * 1024;

/** The beginning of a file as lines; what is no text is said to be none. */
function toLines(content: string): string[] {
	const nuls = content.slice(0, 4096).split('\0').length - 1;
	if (nuls > 0) return [`This is no text (${nuls} NUL bytes in its first 4 KiB). C copies it out.`];
	const lines = content.split('\n').map(line => sanitizeText(line).replaceAll('\t', '    '));
	return content.length >= shown ? [...lines, `… only the first ${shown / 1024} KiB are shown: C copies the file out`] : lines;
}

/** The page whose rows are paths of a container. */
const filesOf = (page: Page | undefined): Page | undefined => (page?.tab === 'files' || page?.tab === 'changes' ? page : undefined);

/** Enter on a file: its text. On a session: back into it. */
export async function openFile(context: Context, node: SheetNode): Promise<void> {
	const left = sessionOf(node);
	if (left) return joinSession(context, left.containerId, left.session);
	const page = filesOf(context.store.getState().page);
	if (!page?.target) return;
	try {
		const content = await context.engine.readFile(page.target.id, node.key, shown);
		if (context.store.getState().page === page) showText(context, `${page.target.name}:${node.key}`, toLines(content));
	} catch (error) {
		complain(context, error);
	}
}

/** `C`: where to on the host? */
export function askCopyOut(context: Context): void {
	const state = context.store.getState();
	const page = filesOf(state.page);
	const row = selectedRow(state);
	if (!page?.target || !row) return inform(context, 'No file is selected');
	context.store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'prompt',
			purpose: 'copy-out',
			label: `copy ${posix.basename(row.node.key)} to`,
			text: `~/${posix.basename(row.node.key)}`,
			before: row.node.key,
			targets: [page.target],
		},
	});
}

export async function copyOut(context: Context, id: string, name: string, from: string, typed: string): Promise<void> {
	const to = resolve(typed.replace(/^~(?=\/|$)/, homedir()));
	await runTask(context, {kind: 'container', id, name}, {verb: 'copying', phase: `Copying ${from} of ${name}…`}, () => context.engine.copyOut(id, from, to));
	inform(context, `Copied ${from} of ${name} to ${to}`);
}
