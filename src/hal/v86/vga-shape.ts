/** A piece of the picture of a planar mode. */
export interface V86Layer {
  readonly screen_x: number;
  readonly screen_y: number;
  readonly buffer_y: number;
  readonly buffer_height: number;
}

/** The display adapter. Registers are what the guest wrote. */
export interface V86Vga {
  readonly graphical_mode: boolean;
  readonly svga_enabled: boolean;
  readonly svga_bpp: number;
  /** First pixel of video memory that is shown. */
  readonly svga_offset: number;
  readonly svga_memory: Uint8Array;
  readonly vga_memory_size: number;
  readonly screen_width: number;
  readonly screen_height: number;
  readonly virtual_width: number;
  readonly virtual_height: number;
  readonly max_cols: number;
  readonly max_rows: number;
  /** Four planes of 64 KiB; in text mode, characters and attributes in turn. */
  readonly vga_memory: Uint8Array<ArrayBuffer>;
  readonly plane2: Uint8Array<ArrayBuffer>;
  readonly start_address: number;
  readonly offset_register: number;
  readonly line_compare: number;
  readonly max_scan_line: number;
  readonly cursor_address: number;
  readonly cursor_scanline_start: number;
  readonly cursor_scanline_end: number;
  readonly attribute_mode: number;
  readonly clocking_mode: number;
  readonly character_map_select: number;
  readonly palette_source: number;
  readonly dac_mask: number;
  readonly dac_map: Uint8Array;
  readonly vga256_palette: Int32Array;
  readonly layers: readonly V86Layer[];
  readonly diff_addr_min: number;
  readonly diff_addr_max: number;
  readonly diff_plot_min: number;
  readonly diff_plot_max: number;
  /** Place of the picture in the core's memory. The name is v86's. */
  dest_buffet_offset: number;
  readonly screen: {
    set_size_graphical: (width: number, height: number, virtualWidth: number, virtualHeight: number) => void;
  };
  scan_line_to_screen_row(line: number): number;
  complete_replot(): void;
  vga_replot(): void;
  vga_redraw(): void;
  reset_diffs(): void;
  update_vertical_retrace(): void;
}

/** What of the display adapter is looked for at start. */
export const displayParts = [
  "graphical_mode",
  "svga_enabled",
  "svga_bpp",
  "svga_offset",
  "svga_memory",
  "screen_width",
  "virtual_width",
  "max_cols",
  "max_rows",
  "vga_memory",
  "plane2",
  "start_address",
  "offset_register",
  "line_compare",
  "max_scan_line",
  "cursor_address",
  "cursor_scanline_start",
  "attribute_mode",
  "clocking_mode",
  "character_map_select",
  "palette_source",
  "dac_mask",
  "dac_map",
  "vga256_palette",
  "layers",
  "diff_addr_min",
  "diff_plot_min",
  "screen",
  "scan_line_to_screen_row",
  "complete_replot",
  "vga_replot",
  "vga_redraw",
  "reset_diffs",
  "update_vertical_retrace",
];
