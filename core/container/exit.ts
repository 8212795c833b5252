import {closeSync, constants, fsyncSync, openSync, writeSync} from 'node:fs';
import type {ExitRecord} from '../monitor/exit-record.ts';
import {crc32} from '../platform/checksum.ts';
import {encodeFields} from '../monitor/fields.ts';
import {containerFolder} from './place.ts';

const RECORD_SIZE = 4096;

/** For an end that no monitor could record: a start that failed, or a monitor that was killed. Same form, same place. */
export function writeExitRecord(places: {readonly root: string}, record: ExitRecord): void {
	const body = encodeFields({
		version: 1,
		id: record.id,
		'exit-code': record.exitCode,
		signal: record.signal,
		oom: record.oom,
		'started-at': record.startedAt,
		'finished-at': record.finishedAt,
		restarts: record.restarts,
		manual: record.manual,
		error: record.error.replaceAll(/[\n\0]/g, ' ').slice(0, 1024),
	});
	const text = `${body}sum ${crc32(body).toString(16).padStart(8, '0')}\n`;
	const fd = openSync(`${containerFolder(places, record.id)}/exit`, constants.O_WRONLY | constants.O_CREAT, 0o600);
	try {
		// In one write over the old one, as the monitor does.
		writeSync(fd, text.padEnd(RECORD_SIZE, '\n'), 0);
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}
