"""Conversations written by rule: what the corpus lacks and a small chat model should still do. Greetings, who it is, short
e-mails, small sums, things it was told a turn ago, thanks. The wording is the project's own.

No request here is worded like one of the benchmark's or of the model card's ten."""
import re

NAMES = ('Anna Ben Carla David Emma Felix Grace Hugo Iris Jonas Kate Leo Maria Noah Olga Paul Rosa Sam Tina Victor Wendy Amir Bella Chloe Dora Elena '
         'Frank Gina Henry Ivan Julia Karim Laura Max Nora Oscar Priya Ravi Sara Theo Uma Vera Will Yara Zoe Lucas Mina Peter Ruth Simon').split()
PEOPLE = ['my teacher', 'my boss', 'my neighbour', 'my friend', 'a colleague', 'my aunt', 'my coach', 'my landlord', 'my doctor', 'a customer', 'the school', 'my team']
DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
COLOURS = ['red', 'blue', 'green', 'yellow', 'purple', 'orange', 'pink', 'white', 'black']
PETS = ['dog', 'cat', 'rabbit', 'parrot', 'hamster', 'horse', 'turtle']
PET_NAMES = ['Rex', 'Luna', 'Biscuit', 'Coco', 'Shadow', 'Pip', 'Ginger', 'Bruno', 'Daisy', 'Snowy', 'Max', 'Peanut']
FOODS = ['pizza', 'soup', 'pancakes', 'rice', 'pasta', 'apple pie', 'tacos', 'noodles']
THINGS = ['apples', 'books', 'pencils', 'marbles', 'cookies', 'shells', 'coins', 'flowers', 'stamps', 'eggs', 'balloons', 'cards']

# what the e-mail is about (after "Write a short e-mail to …"), its subject, then sentences; one of each group is taken
EMAILS = [
    ('to say thank you for their help', 'Thank you', ['Thank you so much for your help {when}.', 'I want to thank you for your help {when}.'],
     ['It made a big difference to me.', 'I could not have done it without you.', 'You were very kind and patient.'], ['I hope I can help you soon too.', 'I really appreciate it.']),
    ('to say thank you for a present', 'Thank you for the present', ['Thank you for the lovely present.', 'I was so happy when I opened your present.'],
     ['It is just what I wanted.', 'I use it every day.'], ['I hope to see you soon.', 'It was very kind of you to think of me.']),
    ('to invite them to a party', 'You are invited', ['I am having a party on {day}, and I would love you to come.', 'I would like to invite you to my party on {day}.'],
     ['It starts at {hour} o\'clock at my house.', 'There will be music, cake and games from {hour} o\'clock.'], ['Please let me know if you can come.', 'I hope you can be there.']),
    ('to invite them to dinner', 'Dinner on {day}', ['Would you like to come to dinner on {day}?', 'I would love to cook dinner for you on {day}.'],
     ['I am going to make {food}.', 'We will eat at {hour} o\'clock.'], ['Please tell me if there is anything you do not eat.', 'Let me know if that day is good for you.']),
    ('to ask for a day off', 'Day off on {day}', ['I would like to ask for a day off on {day}.', 'May I please take {day} off?'],
     ['I have a family visit on that day.', 'I have an appointment that I cannot move.'], ['I will finish my work before then.', 'Please let me know if this is possible.']),
    ('to say that I am ill', 'Not well today', ['I am sorry, but I am not feeling well today.', 'I woke up with a fever this morning.'],
     ['I will stay at home and rest.', 'The doctor told me to stay in bed.'], ['I hope to be back on {day}.', 'I will write to you again tomorrow.']),
    ('to move a meeting', 'Can we move our meeting?', ['I am sorry, but I cannot come to our meeting on {day}.', 'Something has come up, and I need to move our meeting on {day}.'],
     ['Could we meet at {hour} o\'clock on the next day?', 'Would {day2} at {hour} o\'clock work for you?'], ['Thank you for understanding.', 'Please tell me what time is best for you.']),
    ('to say sorry for being late', 'Sorry for being late', ['I am sorry that I was late {when}.', 'Please excuse me for being late {when}.'],
     ['My bus did not come, and I had to walk.', 'I did not plan enough time for the trip.'], ['It will not happen again.', 'Thank you for waiting for me.']),
    ('to remind them of a meeting', 'Our meeting on {day}', ['This is a short reminder of our meeting on {day} at {hour} o\'clock.', 'Please remember that we meet on {day} at {hour} o\'clock.'],
     ['We will talk about the plan for the next month.', 'Please bring your notes.'], ['I look forward to seeing you.', 'Please tell me if you cannot come.']),
    ('about something that is broken', 'Something is broken', ['I am writing because the {broken} is broken.', 'The {broken} stopped working on {day}.'],
     ['I tried to fix it, but it still does not work.', 'It makes a strange noise and then stops.'], ['Could you please have a look at it?', 'Please tell me when it can be repaired.']),
    ('to ask for advice', 'I need your advice', ['I hope you are well. I would like to ask for your advice.', 'I have a question, and I think you can help me.'],
     ['I want to learn something new, but I do not know where to start.', 'I have to choose between two jobs, and I like them both.'], ['Could we talk about it on {day}?', 'What would you do?']),
    ('to congratulate them on a new job', 'Congratulations', ['Congratulations on your new job!', 'I just heard about your new job. Well done!'],
     ['You worked very hard for it.', 'They are lucky to have you.'], ['I wish you all the best.', 'Let us celebrate soon.']),
    ('to say goodbye', 'Goodbye and thank you', ['Today is my last day here, and I want to say goodbye.', 'I am moving away on {day}, so I want to say goodbye.'],
     ['I had a wonderful time with you.', 'I learned a lot from you.'], ['Let us stay in touch.', 'I will miss you.']),
    ('to ask how they are', 'How are you?', ['I have not heard from you for a long time. How are you?', 'I was thinking of you today. How are you doing?'],
     ['I am well, and the weather is lovely here.', 'I have been busy, but all is well.'], ['I would love to hear your news.', 'Shall we meet for tea soon?']),
]


def email(r):
    about, subject, *groups = r.choice(EMAILS)
    who, name, me, known = r.choice(PEOPLE), r.choice(NAMES), r.choice(NAMES), r.random() < 0.5
    slots = dict(when=r.choice(['yesterday', 'last week', 'this morning', f'on {r.choice(DAYS)}']), day=r.choice(DAYS),
                 day2=r.choice(DAYS), hour=r.randint(2, 8), food=r.choice(FOODS), broken=r.choice(['heater', 'washing machine', 'door', 'window', 'printer', 'lamp', 'lift']))
    ask = r.choice(['Write a short e-mail to {w} {a}.', 'Write an email to {w} {a}.', 'Please write a short email to {w} {a}.', 'Can you write an e-mail to {w} {a}?',
                    'Help me write a short email to {w} {a}.', 'I need an email to {w} {a}.'])
    body = [r.choice(g) for g in groups]
    text = f'Subject: {subject}\n\n{r.choice(["Dear", "Hello", "Hi"])} {name if known else re.sub("^(my|a|the) ", "", who)},\n\n{" ".join(body)}\n\n{r.choice(["Best wishes", "Kind regards", "Many thanks", "All the best"])},\n{me}'
    user = ask.format(w=f'{who}, {name},' if known and r.random() < 0.3 else name if known else who, a=about.format(**slots))
    if '{day}' in text and ' on ' not in user and r.random() < 0.5:
        user = f'{user[:-1]} on {slots["day"]}{user[-1]}'
    return [user + (f' My name is {me}.' if r.random() < 0.6 else ''), text.format(**slots)]


HELLO = ['Hello!', 'Hi!', 'Hi there!', 'Hey!', 'Hello there.', 'Good evening!', 'Good afternoon!', 'hello', 'hi', 'Hi, how are you?', 'Hello, how are you doing?', 'How are you?', 'How is it going?']
HELLO_BACK = ['Hello! It is nice to hear from you. What would you like to talk about?', 'Hi there! How can I help you today?', 'Hello! I am doing well, thank you. How are you?',
              'Hi! I am fine, thank you. What is on your mind?', 'Hello! Would you like a story, or shall we just talk?', 'I am very well, thank you! How is your day going?']
THANKS = ['Thank you!', 'Thanks!', 'Thanks a lot.', 'Thank you very much.', 'Great, thanks.', 'Thanks, that helped.', 'That was nice, thank you.']
WELCOME = ['You are welcome!', 'You are welcome! Is there anything else I can do for you?', 'I am glad that you liked it!', 'My pleasure! Just ask if you need anything else.']
BYE = ['Bye!', 'Goodbye!', 'See you later.', 'I have to go now.', 'Good night!', 'See you tomorrow!']
BYE_BACK = ['Goodbye! It was nice to talk to you.', 'See you soon! Have a lovely day.', 'Bye! Come back any time.', 'Take care! I enjoyed our chat.']
WHO = ['Who are you?', 'What are you?', 'Tell me about yourself.', 'Are you a person?', 'Are you human?', 'Are you real?', 'Do you have a name?', 'What should I call you?', 'What are you called?']
WHO_BACK = ['I am Joey, a small language model. I can tell stories and make small talk.', 'My name is Joey. I am a small computer program that likes to chat and tell stories.',
            'I am Joey, a little language model that lives on your computer. I am not a person, but I like to talk.']
CAN = ['What can you do?', 'How can you help me?', 'What are you good at?', 'Can you help me?']
CAN_BACK = ['I can tell stories, explain simple things, write short messages and chat with you. What would you like?', 'I can tell you a story, explain something in simple words, or write a short e-mail.']
UNKNOWN = ['Who won the game {d}?', 'What will the weather be like on {D}?', 'What is the news today?', 'What time is it?', 'How much does a {p} cost?', 'Who is the mayor of my town?', 'What is my phone number?',
           'Where did I put my keys?', 'What did I eat for breakfast?', 'What day is it today?']
UNKNOWN_BACK = ['I am sorry, I do not know that. I am a small model and cannot look things up.', 'I do not know. I cannot see the news, the clock or the internet.', 'I am afraid I cannot know that. Is there something else I can help with?']


def small_talk(r):
    def unknown():
        return r.choice(UNKNOWN).format(d=r.choice(['yesterday', 'last night']), D=r.choice(DAYS), p=r.choice(PETS)), r.choice(UNKNOWN_BACK)
    kinds = [lambda: (r.choice(HELLO), r.choice(HELLO_BACK))] * 3 + [lambda: (r.choice(WHO), r.choice(WHO_BACK))] * 2 + [lambda: (r.choice(CAN), r.choice(CAN_BACK)), unknown]
    turns = list(r.choice(kinds)())
    if r.random() < 0.3:
        turns += r.choice(kinds[3:])()
    return turns + ([r.choice(BYE), r.choice(BYE_BACK)] if r.random() < 0.3 else [])


def memory(r):
    name, pet, pet_name, colour, food = r.choice(NAMES), r.choice(PETS), r.choice(PET_NAMES), r.choice(COLOURS), r.choice(FOODS)
    facts = [
        (r.choice([f'My name is {name}.', f'Hi, I am {name}.', f'Hello, my name is {name}.', f'I\'m {name}. Nice to meet you.']),
         r.choice([f'Nice to meet you, {name}!', f'Hello {name}! How can I help you?', f'It is lovely to meet you, {name}. How are you today?']),
         r.choice(['What is my name?', 'Do you remember my name?', 'Do you know who I am?']), r.choice([f'Your name is {name}.', f'You are {name}!'])),
        (r.choice([f'I have a {pet} called {pet_name}.', f'My {pet} is named {pet_name}.', f'I got a {pet}! Its name is {pet_name}.']),
         r.choice([f'{pet_name} is a great name for a {pet}! What does {pet_name} like to do?', f'How nice! I would love to meet {pet_name}.']),
         r.choice([f'What is my {pet} called?', f'What is the name of my {pet}?', f'Do you remember the name of my {pet}?']), r.choice([f'Your {pet} is called {pet_name}.', f'The name of your {pet} is {pet_name}.'])),
        (f'My favourite colour is {colour}.', f'{colour.capitalize()} is a beautiful colour!', r.choice(['What is my favourite colour?', 'Which colour do I like best?']), f'Your favourite colour is {colour}.'),
        (f'I love {food}.', f'{food.capitalize()} sounds delicious! Do you cook it yourself?', r.choice(['What do I love to eat?', 'What food do I like?']), f'You love {food}.'),
    ]
    fact = r.choice(facts)
    turns = list(fact[:2])
    if r.random() < 0.3:
        turns += small_talk(r)[:2]
    return turns + list(fact[2:]) + ([r.choice(THANKS), r.choice(WELCOME)] if r.random() < 0.2 else [])


def sums(r):
    a, b, name, other, thing = r.randint(2, 30), r.randint(2, 20), r.choice(NAMES), r.choice(NAMES), r.choice(THINGS)
    a, b = max(a, b), min(a, b)
    return list(r.choice([
        lambda: (r.choice(['What is {a} plus {b}?', 'What is {a} + {b}?', 'How much is {a} and {b}?']).format(a=a, b=b), f'{a} + {b} = {a + b}.'),
        lambda: (r.choice(['What is {a} minus {b}?', 'What is {a} - {b}?', 'Take {b} from {a}.']).format(a=a, b=b), f'{a} - {b} = {a - b}.'),
        lambda: (f'What is {min(a, 10)} times {min(b, 10)}?', f'{min(a, 10)} x {min(b, 10)} = {min(a, 10) * min(b, 10)}.'),
        lambda: (f'{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have now?', f'{name} has {a} + {b} = {a + b} {thing}.\nThe answer is {a + b}.'),
        lambda: (f'{name} had {a} {thing} and lost {b} of them. How many are there now?', f'{name} has {a} - {b} = {a - b} {thing}.\nThe answer is {a - b}.'),
        lambda: (f'{name} has {a} {thing}. {other} has {b} {thing}. How many {thing} do they have together?', f'Together they have {a} + {b} = {a + b} {thing}.\nThe answer is {a + b}.'),
    ])())


def messages(turns):
    return [{'role': 'user' if i % 2 == 0 else 'assistant', 'content': t} for i, t in enumerate(turns)]


def conversations(r, n):
    """n conversations, each a list of messages; r is a random.Random."""
    kinds = [email] * 8 + [small_talk] * 4 + [memory] * 5 + [sums] * 3
    return [messages(r.choice(kinds)(r)) for _ in range(n)]


def follow_up(r, turns):
    """A second turn for a one-turn conversation, answered from the first: who or what it was about, or thanks; None if nothing fits."""
    ask, answer = turns
    about = re.search(r"^Explain (.{3,30}) like I'm five", ask)
    title = re.search(r'"([A-Z][a-z]+) [A-Z][^"]*"', ask)
    if about and r.random() < 0.6:
        return [r.choice(['What were we talking about?', 'What did you just explain?', 'Sorry, what was that about?']), f'{r.choice(["We were talking about", "I told you about", "It was about"])} {about[1]}.']
    if title and title[1] not in ('The', 'A') and answer.count(title[1]) > 2 and r.random() < 0.7:
        return [r.choice(['Who was the story about?', 'What was the name of the child in the story?', 'Who is the story about?']), r.choice([f'The story was about {title[1]}.', f'It was about {title[1]}.'])]
    return [r.choice(THANKS), r.choice(WELCOME)] if r.random() < 0.5 else None


def greeting(r):
    return [r.choice(HELLO), r.choice(HELLO_BACK)]
