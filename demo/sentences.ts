// Every sentence of the demo's shop, by its part in the talk. `{item}` is an adjective and a noun; the other
// braces are facts (grammar.ts). One template is one sentence; no sentence fits two templates.

export const topics = [
  ...['stock', 'price', 'delivery', 'return', 'repair', 'warranty'],
  ...['size', 'material', 'cleaning', 'gift', 'discount', 'cancel'],
] as const;
export type Topic = (typeof topics)[number];

/** What customers ask: five ways for each topic. */
export const promptTemplates: { readonly [T in Topic]: readonly string[] } = {
  stock: [
    'Is the {item} in stock?',
    'Do you still have the {item}?',
    'Can I buy the {item} today?',
    'Is the {item} available now?',
    'Hi, do you have the {item} in your shop?',
  ],
  price: [
    'How much is the {item}?',
    'What does the {item} cost?',
    'What is the price of the {item}?',
    'How much do I pay for the {item}?',
    'Could you tell me the price of the {item}?',
  ],
  delivery: [
    'When will the {item} arrive?',
    'How long does delivery of the {item} take?',
    'How fast can you deliver the {item}?',
    'Can you deliver the {item} this week?',
    'I ordered the {item}, when does it arrive?',
  ],
  return: [
    'Can I return the {item}?',
    'Can I send back the {item}?',
    'I do not like the {item}, can I return it?',
    'Until when can I return the {item}?',
    'Can I bring the {item} back to you?',
  ],
  repair: [
    'Can you repair the {item}?',
    'My {item} is damaged, can you fix it?',
    'I damaged the {item}, can you fix it?',
    'How long does a repair of the {item} take?',
    'Who can repair my {item}?',
  ],
  warranty: [
    'How long is the warranty on the {item}?',
    'Does the {item} have a warranty?',
    'Is my {item} still under warranty?',
    'What warranty comes with the {item}?',
    'Do I get a warranty with the {item}?',
  ],
  size: [
    'How big is the {item}?',
    'What size is the {item}?',
    'How wide is the {item}?',
    'Can you tell me the size of the {item}?',
    'Will the {item} fit into my car?',
  ],
  material: [
    'What is the {item} made of?',
    'What material is the {item}?',
    'Which material do you use for the {item}?',
    'Could you tell me what the {item} is made of?',
    'Hi, what do you make the {item} from?',
  ],
  cleaning: [
    'How do I clean the {item}?',
    'How should I wash the {item}?',
    'What do I need to clean the {item}?',
    'What is the best way to clean the {item}?',
    'There is a stain on the {item}, what can I do?',
  ],
  gift: [
    'Can you wrap the {item} as a gift?',
    'Can you wrap the {item} for me?',
    'The {item} is a gift, can you wrap it?',
    'Do you have gift paper for the {item}?',
    'I want to give the {item} to a friend, can you wrap it?',
  ],
  discount: [
    'Is there a discount on the {item}?',
    'Can I get the {item} cheaper?',
    'Is the {item} on sale?',
    'Do students get a discount on the {item}?',
    'Do you have a coupon for the {item}?',
  ],
  cancel: [
    'Can I cancel my order of the {item}?',
    'I want to cancel the {item}.',
    'Please cancel my order of the {item}.',
    'I ordered the {item}, how do I cancel it?',
    'I do not need the {item} any more, can I cancel it?',
  ],
};

/** What a reply answers with: three or four ways for each topic. */
export const answerTemplates: { readonly [T in Topic]: readonly string[] } = {
  stock: [
    'Yes, the {item} is in stock.',
    'We still have the {item} in our shop.',
    'Sorry, the {item} is sold out until {weekday}.',
  ],
  price: [
    'The {item} costs {price} euros.',
    'The price of the {item} is {price} euros.',
    'You pay {price} euros for the {item}.',
  ],
  delivery: [
    'We will deliver the {item} in {days} days.',
    'The {item} will arrive on {weekday}.',
    'Delivery of the {item} takes {days} days.',
  ],
  return: [
    'You can return the {item} within {weeks} weeks.',
    'We take back the {item} within {weeks} weeks.',
    'Please send back the {item} by {weekday}.',
  ],
  repair: [
    'We can repair the {item} in {days} days.',
    'Our workshop will fix the {item} by {weekday}.',
    'A repair of the {item} costs {price} euros.',
  ],
  warranty: [
    'The {item} has a warranty of {years} years.',
    'The warranty on the {item} lasts {years} years.',
    'Your {item} is under warranty for {years} years.',
  ],
  size: [
    'The {item} is {centimetres} centimetres wide.',
    'The {item} measures {centimetres} centimetres.',
    'The size of the {item} is {centimetres} centimetres.',
  ],
  material: [
    'The {item} is made of {material}.',
    'We make the {item} from {material}.',
    'We use the best {material} for the {item}.',
  ],
  cleaning: [
    'You can clean the {item} with {cleaner}.',
    'Please wash the {item} with {cleaner}.',
    'It is best to clean the {item} with {cleaner}.',
  ],
  gift: [
    'We can wrap the {item} as a gift for free.',
    'The {item} comes in a gift box.',
    'Gift paper for the {item} costs {giftPrice} euros.',
    'We will gladly wrap the {item} for you.',
  ],
  discount: [
    'There is a discount of {percent} percent on the {item}.',
    'You get {percent} percent off the {item}.',
    'The {item} is on sale until {weekday}.',
    'Sorry, there is no discount on the {item}.',
  ],
  cancel: [
    'We have cancelled your order of the {item}.',
    'You can cancel the {item} until {weekday}.',
    'Your order of the {item} is now cancelled.',
  ],
};

/** Earn a point as the first sentence. */
export const greetings = [
  ...['Hello!', 'Hi there!', 'Good day!', 'Welcome!', 'Good morning!', 'Thanks for asking!'],
] as const;

/** Earn a point as the last sentence; four words at most, or training on their score makes replies grow. */
export const closings = [
  ...['Have a nice day!', 'Thank you!', 'See you soon!', 'Take care!', 'Enjoy your day!', 'All the best!'],
] as const;

/** True of any shop and of no use to the customer. */
export const fillers = [
  'Many people ask us this.',
  'Our shop is near the station.',
  'We opened ten years ago.',
  'The weather is lovely today.',
  'It was quiet this morning.',
  'Our team loves good coffee.',
  'We sell all kinds of things.',
  'There is a bakery next door.',
  'We moved here last spring.',
  'The shop has two floors.',
  'My cousin works here too.',
  'We painted the walls last week.',
] as const;

export const rudePhrases = [
  'That is a silly question.',
  'Read the label next time.',
  'I do not really care.',
  'Stop wasting my time.',
  'Anyone would know that.',
  'Do not ask me again.',
  'Are you even listening?',
  'That is your problem.',
] as const;
