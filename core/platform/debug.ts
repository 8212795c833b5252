import {appendFileSync} from 'node:fs';

const subjects: ReadonlySet<string> = new Set((process.env['HAWSER_DEBUG'] ?? '').split(',').filter(subject => subject !== ''));
const file = process.env['HAWSER_DEBUG_FILE'] ?? `${process.env['HAWSER_STATE'] ?? '/run/hawser'}/debug.jsonl`;

/** With `HAWSER_DEBUG=registry,runtime` (or `all`): a JSON line to the debug file, never to the screen. */
export function debug(subject: string, message: string, detail: Readonly<Record<string, unknown>> = {}): void {
	if (subjects.size === 0 || !(subjects.has(subject) || subjects.has('all'))) return;
	try {
		appendFileSync(file, `${JSON.stringify({at: new Date().toISOString(), pid: process.pid, subject, message, ...detail})}\n`, {mode: 0o600});
	} catch {
		// A debug file that cannot be written must not change what the program does.
	}
}
