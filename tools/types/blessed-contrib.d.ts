/** The two widgets of blessed-contrib that are drawn off the screen, over the stand-in for blessed. */
declare module 'blessed-contrib/lib/widget/charts/line.js' {
	export type Series = {title: string; x: string[]; y: number[]; style?: {line?: string}};
	export default class Line {
		constructor(options: Record<string, unknown>);
		emit(event: 'attach'): boolean;
		setData(series: Series[]): void;
		ctx: {_canvas: {frame(): string}};
	}
}

declare module 'blessed-contrib/lib/widget/sparkline.js' {
	export default class Sparkline {
		constructor(options: Record<string, unknown>);
		setData(titles: string[], data: number[][]): void;
		content: string;
	}
}
