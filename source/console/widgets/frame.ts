import {fit, padColored, truncate, widthOf} from '../../terminal/width.ts';
import type {Theme} from '../theme/theme.ts';

/** A border with a title, words at its right, and words in its lower edge. */
export type FrameSpec = {
	readonly width: number;
	readonly height: number;
	/** The key that leads here, before the title. */
	readonly digit?: string;
	readonly title: string;
	/** Coloured already; `widthOf` is told of it. */
	readonly right?: string;
	readonly footer?: string;
	readonly focused: boolean;
};

const edgeRole = (focused: boolean) => (focused ? ('focus' as const) : ('border' as const));

export const edgeOf = (theme: Theme, focused: boolean): string => theme.paint(edgeRole(focused), '│');

export function frameTop(theme: Theme, {width, digit = '', title, right = '', focused}: FrameSpec): string {
	const role = edgeRole(focused);
	const number = digit === '' ? '' : `${theme.paint(focused ? 'focus' : 'faint', digit)} `;
	const rightWidth = right === '' ? 0 : widthOf(right) + 2;
	const room = width - 6 - (digit === '' ? 0 : digit.length + 1) - rightWidth;
	const name = theme.paint(focused ? 'title' : 'muted', truncate(title, Math.max(1, room)));
	const left = `${theme.paint(role, '╭─')} ${number}${name} `;
	const end = right === '' ? theme.paint(role, '─╮') : ` ${right} ${theme.paint(role, '─╮')}`;
	return theme.line(left + theme.paint(role, '─'.repeat(Math.max(0, width - widthOf(left) - widthOf(end)))) + end);
}

export function frameBottom(theme: Theme, {width, footer = '', focused}: FrameSpec): string {
	const role = edgeRole(focused);
	const end = footer === '' ? theme.paint(role, '─╯') : ` ${footer} ${theme.paint(role, '─╯')}`;
	return theme.line(theme.paint(role, `╰${'─'.repeat(Math.max(0, width - 1 - widthOf(end)))}`) + end);
}

/** Lines in a frame: each is filled to the inner width, missing ones are blank. Lines may be coloured, but must fit. */
export function drawFrame(theme: Theme, spec: FrameSpec, lines: readonly string[]): string[] {
	const edge = edgeOf(theme, spec.focused);
	const inner = Math.max(0, spec.width - 2);
	const body = Array.from({length: Math.max(0, spec.height - 2)}, (_, index) => theme.line(edge + padColored(lines[index] ?? '', inner) + edge));
	return [frameTop(theme, spec), ...body, frameBottom(theme, spec)];
}

/** A sentence in the middle of an empty pane. */
export function centered(theme: Theme, width: number, height: number, sentences: readonly string[]): string[] {
	const above = Math.max(0, Math.floor((height - sentences.length) / 2));
	return [
		...Array.from({length: above}, () => ''),
		...sentences.map(text => {
			const shown = truncate(text, width);
			return theme.paint('faint', fit(' '.repeat(Math.max(0, Math.floor((width - widthOf(shown)) / 2))) + shown, width));
		}),
	];
}
