import type {Capabilities} from '../../terminal/capabilities.ts';
import {toAscii} from './ascii.ts';
import {palettes, type Role, type Style} from './palette.ts';

export type {Role} from './palette.ts';

/** How a row lies under its text: not at all, under the cursor of the focused pane, or of another one. */
export type Ground = 'plain' | 'selected' | 'marked';

export type Theme = {
	readonly name: string;
	/** Text in the colour of its role, closed again; on the ground of a selected row where asked for. */
	paint(role: Role, text: string, ground?: Ground): string;
	/** The last step before the screen: replaces what the locale cannot show. */
	line(text: string): string;
	readonly logColors: 'none' | 'basic' | 'palette' | 'true';
};

const channels = (hex: string): [number, number, number] => [Number.parseInt(hex.slice(1, 3), 16), Number.parseInt(hex.slice(3, 5), 16), Number.parseInt(hex.slice(5, 7), 16)];

const levels = [0, 95, 135, 175, 215, 255];
const nearestLevel = (value: number): number => levels.reduce((best, level, index) => (Math.abs(level - value) < Math.abs((levels[best] ?? 0) - value) ? index : best), 0);

/** The nearest of the 6x6x6 cube and the grey ramp. */
function toPaletteIndex(hex: string): number {
	const rgb = channels(hex);
	const cube = rgb.map(nearestLevel);
	const grey = Math.max(0, Math.min(23, Math.round((rgb.reduce((sum, value) => sum + value, 0) / 3 - 8) / 10)));
	const distance = (other: readonly number[]): number => other.reduce((sum, value, index) => sum + (value - (rgb[index] ?? 0)) ** 2, 0);
	const cubeDistance = distance(cube.map(index => levels[index] ?? 0));
	const greyDistance = distance([8 + grey * 10, 8 + grey * 10, 8 + grey * 10]);
	return greyDistance < cubeDistance ? 232 + grey : 16 + (cube[0] ?? 0) * 36 + (cube[1] ?? 0) * 6 + (cube[2] ?? 0);
}

function colorCode(hex: string | undefined, base: 38 | 48, colors: Capabilities['colors']): string {
	if (hex === undefined) return '';
	return colors === 3 ? `${base};2;${channels(hex).join(';')}` : `${base};5;${toPaletteIndex(hex)}`;
}

function codes({fg, bg, basic, plain}: Style, colors: Capabilities['colors']): string {
	if (colors === 0) return plain;
	if (colors === 1) return basic;
	return [plain === '1' ? '1' : '', colorCode(fg, 38, colors), colorCode(bg, 48, colors)].filter(code => code !== '').join(';');
}

export function createTheme({colors, unicode, background}: Capabilities): Theme {
	const palette = palettes[background];
	const cache = new Map<string, string>();
	const grounds: Readonly<Record<Ground, string>> = {plain: '', selected: codes(palette.selection, colors), marked: codes(palette.selectionIdle, colors)};
	const lookUp = (role: Role, ground: Ground): string => {
		const key = `${role} ${ground}`;
		let code = cache.get(key);
		if (code === undefined) {
			// On sixteen colours a selected row is inverse: other colours in it could become unreadable.
			const own = ground === 'selected' && colors < 2 ? '' : codes(palette.roles[role], colors);
			code = [own, grounds[ground]].filter(part => part !== '').join(';');
			cache.set(key, code);
		}
		return code;
	};
	return {
		name: background,
		paint(role, text, ground = 'plain') {
			const code = lookUp(role, ground);
			return code === '' || text === '' ? text : `\u001B[${code}m${text}\u001B[0m`;
		},
		line: unicode ? text => text : toAscii,
		logColors: (['none', 'basic', 'palette', 'true'] as const)[colors],
	};
}
