/** What the shop's page can see of a checkout: where it stands, and never what was typed. */

export type WarifuScreen =
  | "product" | "details" | "final-check" | "waiting" | "correction"
  | "hand-over" | "thanks" | "failure" | "expired";

export type WarifuLoadError =
  /** The frame did not answer: a content blocker, a CSP without `frame-src`, or a server that is down. */
  | "blocked"
  /** The browser is offline. */
  | "offline"
  /** This page's origin is not registered for the merchant. */
  | "origin"
  /** The frame is there, but its program could not be loaded; the frame offers to try again. */
  | "wasm";

export interface WarifuEventMap {
  /** The product card is on the screen and can be used. */
  ready: CustomEvent<Record<string, never>>;
  screenchange: CustomEvent<{ screen: WarifuScreen }>;
  /**
   * For display only: ship on the signed webhook. The number is there only with `handling-number-event`.
   * A window lent to another seller tells `referral` and nothing else, and never `screenchange` or `failure`.
   */
  accepted: CustomEvent<{ orderId?: string; handlingNumber?: string; referral?: string }>;
  failure: CustomEvent<{ code: string; retryable: boolean }>;
  cancel: CustomEvent<Record<string, never>>;
  loaderror: CustomEvent<{ reason: WarifuLoadError }>;
}

/** Attributes of `<warifu-checkout>`, as strings. There is no price: it comes from the offer that the shop signed. */
export interface WarifuAttributes {
  /** Public merchant id. */
  merchant?: string;
  /** Whose goods these are, if not the merchant's own: a window lent by agreement (`merchant-server placements`). */
  seller?: string;
  /** SKU, resolved by the shop's server. */
  item?: string;
  quantity?: string | number;
  /** How shoppers pay; without it, in every way that the shop takes. */
  method?: "contract" | "bank-transfer";
  /** `auto` (default) follows the nearest `lang`, then the browser. */
  locale?: "auto" | "ja" | "en";
  /** `inline` (default), `dialog` (a modal dialog, see `open()`), `page` (a link to the hosted page). */
  mode?: "inline" | "dialog" | "page";
  /** Text of the button that opens the dialog, or of the link; a label alone means `dialog`. */
  label?: string;
  "client-reference-id"?: string;
  /** Replaces the accessible name of the frame. */
  "frame-title"?: string;
  /** Present: `accepted` also carries the handling number. */
  "handling-number-event"?: "";
}

/**
 * Colours and shape follow CSS on the element: `color-scheme`, `--warifu-color-primary`,
 * `--warifu-border-radius`, `--warifu-font-family`. Call `update({})` after changing them.
 */
export interface WarifuCheckoutElement extends HTMLElement {
  /** Sets attributes; keeps what was typed where only the locale or the theme changes. */
  update(attributes: WarifuAttributes): void;
  /** Opens the dialog (`mode="dialog"`). */
  open(): void;
  /** Closes the dialog and keeps what was typed. */
  close(): void;
  /** Takes the element out of the page. */
  destroy(): void;
  /** Resolves when the frame is ready; rejects with the reason of `loaderror` after two retries. */
  load(): Promise<WarifuCheckoutElement>;
  addEventListener<K extends keyof WarifuEventMap>(
    type: K,
    listener: (this: WarifuCheckoutElement, event: WarifuEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "warifu-checkout": WarifuCheckoutElement;
  }
  interface Window {
    Warifu: { load(element?: WarifuCheckoutElement): Promise<WarifuCheckoutElement> };
  }
}
