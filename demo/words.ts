// The words that fill the demo's sentences: what the shop sells and what it knows of it.
// Every adjective begins with a consonant and goes with every noun; every noun is one word in the singular.

export const adjectives = [
  ...['red', 'blue', 'green', 'yellow', 'purple', 'pink', 'brown', 'black', 'white', 'grey', 'silver', 'golden'],
  ...['beige', 'turquoise', 'small', 'large', 'round', 'square', 'striped', 'spotted', 'plain', 'modern'],
  ...['vintage', 'painted'],
] as const;

/** A kind of goods: its nouns, and the facts that are plausible for them ([lowest, highest], both two digits). */
export interface GoodsKind {
  nouns: readonly string[];
  materials: readonly string[];
  centimetres: readonly [number, number];
  price: readonly [number, number];
}

export const goodsKinds: readonly GoodsKind[] = [
  {
    nouns: [
      ...['armchair', 'bench', 'bookcase', 'cabinet', 'chair', 'desk', 'dresser', 'shelf'],
      ...['sofa', 'stool', 'table', 'wardrobe', 'bed', 'cradle', 'chest', 'sideboard'],
    ],
    materials: ['oak', 'pine', 'beech', 'walnut', 'bamboo'],
    centimetres: [60, 99],
    price: [60, 99],
  },
  {
    nouns: [
      ...['teapot', 'kettle', 'mug', 'cup', 'jug', 'bowl', 'plate', 'pan'],
      ...['pot', 'tray', 'vase', 'bottle', 'saucer', 'spoon', 'ladle', 'platter'],
    ],
    materials: ['steel', 'glass', 'copper', 'porcelain'],
    centimetres: [10, 39],
    price: [10, 49],
  },
  {
    nouns: [
      ...['scarf', 'blanket', 'cushion', 'curtain', 'towel', 'rug', 'quilt', 'pillow'],
      ...['coat', 'jacket', 'sweater', 'shirt', 'dress', 'skirt', 'apron', 'hat'],
    ],
    materials: ['cotton', 'wool', 'linen', 'silk'],
    centimetres: [30, 89],
    price: [20, 79],
  },
  {
    nouns: ['wallet', 'belt', 'purse', 'backpack', 'suitcase', 'handbag', 'satchel', 'pouch'],
    materials: ['leather', 'canvas', 'suede'],
    centimetres: [10, 69],
    price: [20, 89],
  },
  {
    nouns: [
      ...['lamp', 'radio', 'camera', 'toaster', 'blender', 'heater'],
      ...['printer', 'keyboard', 'speaker', 'clock', 'fan', 'telephone'],
    ],
    materials: ['plastic', 'steel', 'aluminium'],
    centimetres: [20, 59],
    price: [30, 99],
  },
  {
    nouns: [
      ...['doll', 'puzzle', 'train', 'robot', 'drum', 'flute'],
      ...['guitar', 'violin', 'scooter', 'sledge', 'swing', 'piano'],
    ],
    materials: ['maple', 'birch', 'plastic'],
    centimetres: [30, 99],
    price: [20, 99],
  },
];

export const nouns: readonly string[] = goodsKinds.flatMap((kind) => kind.nouns);

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

export const cleaners = ['warm water', 'mild soap', 'a damp cloth', 'a soft cloth'] as const;
