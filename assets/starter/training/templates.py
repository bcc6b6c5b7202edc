"""Conversations written by rule: what the corpus lacks and a small chat model should still do. Greetings, who it is, short
e-mails, small sums, things it was told a turn ago, simple explanations (explanations.txt), ideas, comfort. All wording is the project's own.

Nobody asks here what the benchmark asks, nor what opens the third to the tenth of the model card's chats (`unseen`)."""
import json
import pathlib
import re

import answers

HERE = pathlib.Path(__file__).resolve().parent

NAMES = ('Anna Ben Carla David Emma Felix Grace Hugo Iris Jonas Kate Leo Maria Noah Olga Paul Rosa Sam Tina Victor Wendy Amir Bella Chloe Dora Elena '
         'Frank Gina Henry Ivan Julia Karim Laura Max Nora Oscar Priya Ravi Sara Theo Uma Vera Will Yara Zoe Lucas Mina Peter Ruth Simon '
         'Alice Arthur Ava Bob Boris Clara Daniel Eric Eva Fatima Finn George Hana Helen Ines Jack Jane John Joseph Lea Liam Linda Lisa Lucy Marco Mark '
         'Martin Mary Mia Michael Nick Nina Omar Otto Paula Rita Robert Rosie Samira Sofia Stella Susan Thomas Toby Tom Vincent Walter Yusuf').split()
PEOPLE = ['my teacher', 'my boss', 'my neighbour', 'my friend', 'a colleague', 'my aunt', 'my coach', 'my landlord', 'my doctor', 'a customer', 'the school', 'my team']
DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
SYLLABLES = 'ba be bo da di do el fa fi ga go ha ja jo ka ki la le li lo ma me mi mo na ne no pa pe po ra re ri ro sa se si so ta te ti to va ve vi wa ya yo za zo an en in on ar er or al ol us as is'.split()
COLOURS = ['red', 'blue', 'green', 'yellow', 'purple', 'orange', 'pink', 'white', 'black']
PETS = ['dog', 'cat', 'parrot', 'hamster', 'horse', 'turtle', 'goldfish', 'pony', 'guinea pig', 'mouse', 'canary', 'goat', 'duck', 'lizard', 'kitten']
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


def any_name(r):
    """A name, now and then one that nobody has: to say it again, a model has to look back instead of guessing."""
    if r.random() < 0.6:
        return r.choice(NAMES)
    return ''.join(r.choice(SYLLABLES) for _ in range(r.randint(2, 3))).capitalize()


def email(r):
    about, subject, *groups = r.choice(EMAILS)
    who, name, me, known, signed = r.choice(PEOPLE), any_name(r), any_name(r), r.random() < 0.4, r.random() < 0.7
    slots = dict(when=r.choice(['yesterday', 'last week', 'this morning', f'on {r.choice(DAYS)}']), day=r.choice(DAYS),
                 day2=r.choice(DAYS), hour=r.randint(2, 8), food=r.choice(FOODS), broken=r.choice(['heater', 'washing machine', 'door', 'window', 'printer', 'lamp', 'lift']))
    ask = r.choice(['Write a short e-mail to {w} {a}.', 'Write an email to {w} {a}.', 'Please write a short email to {w} {a}.', 'Can you write an e-mail to {w} {a}?',
                    'Help me write a short email to {w} {a}.', 'I need an email to {w} {a}.'])
    body = [r.choice(g) for g in groups]
    text = f'Subject: {subject}\n\n{r.choice(["Dear", "Hello", "Hi"])} {name if known else re.sub("^(my|a|the) ", "", who)},\n\n{" ".join(body)}\n\n{r.choice(["Best wishes", "Kind regards", "Many thanks", "All the best"])},\n{me if signed else "[your name]"}'
    user = ask.format(w=f'{who}, {name},' if known and r.random() < 0.3 else name if known else who, a=about.format(**slots))
    if '{day}' in text and ' on ' not in user and r.random() < 0.5:
        user = f'{user[:-1]} on {slots["day"]}{user[-1]}'
    return [user + (r.choice([' My name is {}.', ' I am {}.', ' Sign it with {}.']).format(me) if signed else ''), text.format(**slots)]


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


TOWNS = ['Paris', 'London', 'Berlin', 'Rome', 'Madrid', 'Oslo', 'Vienna', 'Dublin', 'Boston', 'Chicago', 'Toronto', 'Sydney', 'Tokyo', 'Delhi', 'Cairo', 'Lima']
JOBS = ['teacher', 'nurse', 'baker', 'farmer', 'driver', 'painter', 'doctor', 'cook', 'gardener', 'singer', 'pilot', 'student', 'carpenter', 'tailor', 'sailor']
SPORTS = ['football', 'tennis', 'swimming', 'running', 'chess', 'dancing', 'climbing', 'reading', 'painting', 'singing', 'skating', 'fishing']
GOODS = ['milk', 'bread', 'eggs', 'butter', 'apples', 'cheese', 'rice', 'tea', 'salt', 'honey', 'carrots', 'soap', 'paper', 'flour', 'onions', 'bananas']
PLACES = ['the dentist', 'the doctor', 'my grandmother', 'the hairdresser', 'my piano lesson', 'the bank', 'my friend']
HIDDEN = ['the red box', 'the kitchen drawer', 'my blue bag', 'the garden shed', 'the old clock', 'the green jar', 'my left pocket', 'the top shelf']


def facts(r):
    """Things that somebody might tell: [clause, reply, questions, answers], the clause in the first person and without its full stop."""
    name, pet, called, colour, food, town, job, sport = any_name(r), r.choice(PETS), r.choice([r.choice(PET_NAMES), any_name(r)]), r.choice(COLOURS), r.choice(FOODS), r.choice(TOWNS), r.choice(JOBS), r.choice(SPORTS)
    age, number, kin, kin_name, hidden, thing = r.randint(5, 60), r.randint(100, 999), r.choice(['brother', 'sister', 'son', 'daughter', 'best friend', 'teacher', 'cousin']), any_name(r), r.choice(HIDDEN), r.choice(['key', 'ring', 'letter', 'money', 'ticket'])
    a, b, c = r.sample(GOODS, 3)
    place, day, hour, you = r.choice(PLACES), r.choice(DAYS), r.randint(1, 11), lambda x: x.replace('my ', 'your ')
    return {
        'name': [r.choice([f'my name is {name}', f'I am {name}', f'I am called {name}', f'people call me {name}']), r.choice([f'Nice to meet you, {name}!', f'Hello {name}!', f'It is lovely to meet you, {name}.']),
                 ['What is my name?', 'Do you remember my name?', 'Do you know who I am?', 'What am I called?', 'Who am I?'], [f'Your name is {name}.', f'You are {name}.']],
        'pet': [r.choice([f'I have a {pet}', f'I own a {pet}', f'I live with a {pet}']), f'A {pet} is a lovely pet.',
                ['What pet do I have?', 'Which animal do I have?', 'What kind of pet do I have?', 'Do you remember my pet?'], [f'You have a {pet}.']],
        'pet_name': [r.choice([f'I have a {pet} called {called}', f'my {pet} is named {called}', f'the name of my {pet} is {called}']), f'{called} is a great name for a {pet}!',
                     [f'What is my {pet} called?', f'What is the name of my {pet}?', f'Do you remember the name of my {pet}?'], [f'Your {pet} is called {called}.']],
        'colour': [r.choice([f'my favourite colour is {colour}', f'I like {colour} best of all colours']), f'{colour.capitalize()} is a beautiful colour.', ['What is my favourite colour?', 'Which colour do I like best?'], [f'Your favourite colour is {colour}.']],
        'food': [r.choice([f'I love {food}', f'my favourite food is {food}']), f'{food.capitalize()} sounds delicious!', ['What do I love to eat?', 'What is my favourite food?', 'What food do I like?'], [f'You love {food}.', f'Your favourite food is {food}.']],
        'town': [r.choice([f'I live in {town}', f'I come from {town}', f'I moved to {town}']), f'{town} must be an interesting place.', ['Where do I live?', 'Which town do I live in?'], [f'You live in {town}.']],
        'job': [r.choice([f'I am a {job}', f'I work as a {job}']), f'Being a {job} sounds interesting.', ['What is my job?', 'What do I do for work?'], [f'You are a {job}.']],
        'sport': [r.choice([f'I like {sport}', f'my hobby is {sport}', f'I enjoy {sport}']), f'{sport.capitalize()} is a nice hobby.', ['What is my hobby?', 'What do I like to do?'], [f'You like {sport}.', f'Your hobby is {sport}.']],
        'age': [f'I am {age} years old', f'{age} is a good age!', ['How old am I?', 'What is my age?'], [f'You are {age} years old.']],
        'kin': [r.choice([f'my {kin} is called {kin_name}', f'my {kin}\'s name is {kin_name}']), f'{kin_name} is a nice name.', [f'What is my {kin} called?', f'What is the name of my {kin}?'], [f'Your {kin} is called {kin_name}.']],
        'number': [r.choice([f'the number is {number}', f'my lucky number is {number}', f'the code is {number}']), f'I will remember {number}.', ['What was the number?', 'Which number did I tell you?'], [f'The number is {number}.', f'You told me {number}.']],
        'list': [r.choice([f'I have to buy {a}, {b} and {c}', f'I need {a}, {b} and {c}']), f'So you need {a}, {b} and {c}.', ['What do I have to buy?', 'What do I need?', 'What was on my list?'], [f'You need {a}, {b} and {c}.', f'You have to buy {a}, {b} and {c}.']],
        'date': [f'I have to go to {place} on {day} at {hour} o\'clock', f'{day} at {hour} o\'clock, I see.', ['When do I have to go?', 'Which day was it?', f'When do I have to go to {place}?'], [f'You have to go to {you(place)} on {day} at {hour} o\'clock.']],
        'hidden': [f'the {thing} is in {hidden}', f'All right, the {thing} is in {you(hidden)}.', [f'Where is the {thing}?', f'Where did I put the {thing}?'], [f'The {thing} is in {you(hidden)}.']],
    }


def memory(r):
    """One or two things told, perhaps something else in between, and a question about one of them, or about both in turn."""
    known = facts(r)
    kinds = r.sample([k for k in known if k != 'pet' or r.random() < 0.7], 2 if r.random() < 0.55 else 1)
    if 'pet' in kinds and 'pet_name' in kinds:
        kinds = kinds[:1]
    if r.random() < 0.35 and 'name' not in kinds:
        kinds[0] = 'name'
    told = [known[k] for k in kinds]
    text = r.choice([', and ', '. ', '. '] if len(told) == 2 else ['']).join(t[0] for t in told)
    text = re.sub(r'(^|\. )(\w)', lambda m: m[1] + m[2].upper(), text) + '.'
    if r.random() < 0.3:
        text = r.choice(['Hello! ', 'Hi! ', 'Hi, ', 'Please remember this: ', 'Just so you know: ']) + text
    turns = [text, ' '.join(t[1] for t in told) + r.choice(['', '', ' How can I help you?', ' Tell me more!'])]
    if r.random() < 0.35:
        turns += r.choice([small_talk, explanation, sums])(r)[:2]
    for t in r.sample(told, r.randint(1, len(told))):
        turns += [r.choice(t[2]), r.choice(t[3])]
    return turns + ([r.choice(THANKS), r.choice(WELCOME)] if r.random() < 0.2 else [])


def sums(r):
    a, b, name, other, thing = r.randint(1, 20), r.randint(1, 12), any_name(r), any_name(r), r.choice(THINGS)
    a, b = max(a, b), min(a, b)
    return list(r.choice([
        lambda: (r.choice(['What is {a} plus {b}?', 'What is {a} + {b}?', 'How much is {a} and {b}?', 'Add {a} and {b}.']).format(a=a, b=b), f'{a} + {b} = {a + b}.'),
        lambda: (r.choice(['What is {a} minus {b}?', 'What is {a} - {b}?', 'Take {b} from {a}.']).format(a=a, b=b), f'{a} - {b} = {a - b}.'),
        lambda: (f'What is {min(a, 10)} times {min(b, 10)}?', f'{min(a, 10)} x {min(b, 10)} = {min(a, 10) * min(b, 10)}.'),
        lambda: (f'{name} has {a} {thing} and {r.choice(["gets", "finds", "buys"])} {b} more. How many {thing} does {name} have {r.choice(["now", "then", "in all"])}?', f'{name} has {a} + {b} = {a + b} {thing}.\nThe answer is {a + b}.'),
        lambda: (f'{name} had {a} {thing} and {r.choice(["lost", "ate", "sold", "gave away"])} {b} of them. How many are {r.choice(["there now", "left"])}?', f'{name} has {a} - {b} = {a - b} {thing}.\nThe answer is {a - b}.'),
        lambda: (f'{name} has {a} {thing}. {other} has {b} {thing}. How many {thing} do they have together?', f'Together they have {a} + {b} = {a + b} {thing}.\nThe answer is {a + b}.'),
    ])())


# topic, questions, text
EXPLANATIONS = [(topic, questions.split('; '), text) for topic, questions, text in (line.split(' | ') for line in (HERE / 'explanations.txt').read_text(encoding='utf-8').splitlines())]
EXPLAIN = ["Explain {} like I'm five years old.", "Explain {} like I'm five.", 'Explain {} to me.', 'Explain {} to a child.', 'Explain {} in simple words.', 'Can you explain {}?', 'Please explain {}.', 'Tell me about {}.',
           'Tell me something about {}.', 'What do you know about {}?', 'I want to learn about {}.', 'Can you tell me about {}?', 'Describe {} in a few words.', 'Teach me about {}.']


def explanation(r, forms=EXPLAIN):
    topic, questions, text = r.choice(EXPLANATIONS)
    ask = r.choice(questions) if r.random() < 0.5 else r.choice(forms).format(topic)
    turns = [ask.lower().rstrip('?.') if r.random() < 0.08 else ask, text.strip()]
    after = r.random()
    if after < 0.15:
        turns += [r.choice(['What were we talking about?', 'What did you just explain?', 'Sorry, what was that about?', 'What was my question about?']), r.choice([f'We were talking about {topic}.', f'I told you about {topic}.', f'It was about {topic}.'])]
    elif after < 0.3:
        turns += [r.choice(['Shorter, please.', 'Can you say that in one sentence?', 'In one sentence, please.', 'Make it shorter.']), re.match(r'.*?[.!](?= |$)', text)[0]]
    elif after < 0.4:
        turns += [r.choice(['Can you say that again?', 'Please repeat that.', 'Say that again, please.']), text.strip()]
    elif after < 0.5:
        turns += [r.choice(THANKS), r.choice(WELCOME)]
    return turns


CAPITALS = dict(France='Paris', Germany='Berlin', Italy='Rome', Spain='Madrid', England='London', Ireland='Dublin', Norway='Oslo', Austria='Vienna', Japan='Tokyo', China='Beijing', Russia='Moscow', Greece='Athens',
                Egypt='Cairo', Peru='Lima', Portugal='Lisbon', Poland='Warsaw', Sweden='Stockholm', Denmark='Copenhagen', Finland='Helsinki', Hungary='Budapest', Belgium='Brussels', Canada='Ottawa', Australia='Canberra', Cuba='Havana')
# what it cannot know: the answer is that it does not
STRANGE = ('quantum physics, inflation, the stock market, blockchain, photosynthesis, relativity, the French Revolution, democracy, calculus, chemistry, evolution, DNA, opera, jazz, philosophy, taxes, insurance, nuclear power, '
           'black holes, radar, lasers, vaccines, antibiotics, the liver, the kidneys, allergies, migraines, tennis rules, baseball, cricket, ballet, Shakespeare, Mozart, Einstein, Napoleon, the Roman Empire, the Middle Ages, the Olympics, '
           'the Eiffel Tower, Mount Everest, the Amazon, Antarctica, Brazil, Kenya, India, Korea, coffee, wine, beer, sushi, curry, tofu, crocodiles, octopuses, squirrels, hedgehogs, foxes, deer, pandas, koalas, zebras, hippos, jellyfish, '
           'crabs, mosquitoes, wasps, ladybirds, bamboo, cactuses, roses, tulips, cotton, silk, leather, rubber, concrete, steel, copper, diamonds, oil, coal, gas, solar panels, wind turbines, engines, helicopters, submarines, trams, '
           'lifts, escalators, microwaves, ovens, washing machines, printers, keyboards, passwords, viruses, emails, video games, cartoons, theatre, museums, libraries, hospitals, airports, elections, presidents, kings, wars, peace, '
           'religion, yoga, meditation, marriage, twins, old age, memory, dizziness, hiccups, freckles, tattoos, glasses, wheelchairs, sign language, Latin, poetry metres, grammar, fractions, algebra, triangles, infinity, statistics').split(', ')
NO_IDEA = ['I am sorry, I do not know that. I am a small model.', 'I do not know enough about that. I am a very small model.', 'I am sorry, that is more than I know. Shall I explain something simpler?']


def knowledge(r):
    """A capital, or something that it does not know: a real thing, or a word that nobody has."""
    if r.random() < 0.3:
        country, town = r.choice(list(CAPITALS.items()))
        return [r.choice(['What is the capital of {}?', 'Which town is the capital of {}?', 'Name the capital of {}.']).format(country), f'The capital of {country} is {town}.']
    what = r.choice(STRANGE) if r.random() < 0.8 else ''.join(r.choice(SYLLABLES) for _ in range(r.randint(2, 4)))
    return [r.choice(EXPLAIN + EXPLAIN[:2] * 3 + ['What is {}?', 'How does {} work?', 'Why do we have {}?', 'Where does {} come from?']).format(what), r.choice(NO_IDEA)]


# what somebody says, and what one answers
REPLIES = [
    (['I am sad.', 'I feel sad today.', 'I had a bad day.', 'Today was not a good day.'], ['I am sorry to hear that. Would you like to tell me what happened?', 'That sounds hard. I am here to listen, or I can tell you a story.']),
    (['I am tired.', 'I am so tired today.', 'I did not sleep well.'], ['Then it is a good time to rest. Shall I tell you a quiet story?', 'I hope you can sleep early tonight. A cup of tea may help.']),
    (['I am bored.', 'What can I do? I am bored.', 'There is nothing to do.', 'What can I do on a rainy day?', 'What could we do today?', 'What can I do with a friend?'], ['You could draw something, go for a walk, or let me tell you a story. What do you like best?', 'How about reading a book, baking something or calling a friend?']),
    (['I am happy today.', 'I am in a good mood.', 'Today was a great day!'], ['How lovely! What made you so happy?', 'I am glad to hear it! Tell me all about it.']),
    (['I passed my exam!', 'I got a good mark!', 'I won the game!'], ['Congratulations! You can be proud of yourself.', 'Well done! How are you going to celebrate?']),
    (['I am afraid of the dark.', 'I am scared.', 'I am nervous about tomorrow.'], ['It is all right to be afraid. Take a slow breath, and talk to somebody you trust.', 'Many people feel like that. Would it help to tell me more about it?']),
    (['I feel lonely.', 'I have no friends.', 'Nobody plays with me.'], ['I am sorry that you feel alone. Maybe there is somebody you could ask to join in. I am glad to talk with you.', 'That is not easy. Be kind, ask somebody to play, and give it time.']),
    (['I am ill.', 'I have a headache.', 'I have a cold.'], ['I am sorry to hear that. Rest, drink some water, and tell somebody if it gets worse.', 'Get well soon! If it does not get better, please see a doctor.']),
    (['I am hungry.', 'What should I cook today?', 'Give me an idea for dinner.', 'What can I eat tonight?'], ['How about pasta with tomatoes and cheese? It is quick and tastes good.', 'You could make a warm vegetable soup with bread.', 'Pancakes are easy: flour, milk and eggs, and then something sweet on top.']),
    (['What hobby could I try?', 'I need a hobby.', 'Suggest a hobby, please.', 'Which hobby is good for me?', 'I am looking for a new hobby.', 'Can you suggest a hobby?', 'Which hobby can you recommend?'], ['You could try drawing, gardening or playing an instrument. Start with the one that sounds like fun.', 'How about baking? You learn a little each time, and you can eat what you make.', 'Walking and looking at birds is a nice hobby, and it costs nothing.']),
    (['What book should I read?', 'Recommend a book.', 'Can you suggest a book?', 'Can you recommend a book?'], ['I would take a book of fairy tales. They are short, and there is one for every mood.', 'Ask for an adventure story in your library, for example one about the sea.']),
    (['What present should I buy?', 'I need an idea for a present.', 'What can I give to my mother?'], ['Something that you make yourself is always nice: a cake, a picture or a letter.', 'Think of what the person likes to do, and choose something small for it.']),
    (['What game could we play?', 'Do you know a good game?', 'Suggest a game.', 'Can you recommend a game?'], ['How about hide and seek? One counts to twenty, and all others hide.', 'You could play "I see something that you do not see". Take turns and guess.']),
    (['Do you know something funny?', 'Make me laugh.', 'Say something funny.', 'Do you know any jokes?'], ['Why did the teacher wear sunglasses? Because her students were so bright!', 'What has four legs and cannot walk? A table!', 'Why is six afraid of seven? Because seven ate nine!', 'What kind of tree fits in your hand? A palm tree!',
     'Why did the bicycle fall over? It was two-tired!', 'What do you call a bear with no teeth? A gummy bear!', 'What do you get from a snowman and a dog? Frostbite!']),
    (['You are nice.', 'I like you.', 'You are funny.'], ['Thank you, that is kind of you! I like talking with you too.', 'How sweet of you to say so!']),
    (['You are wrong.', 'That is not right.', 'That was not true.'], ['I am sorry. I am a small model, and I make mistakes. Please check what I say.', 'Thank you for telling me. I often get things wrong.']),
    (['Do you have feelings?', 'Do you sleep?', 'Do you eat?', 'Can you see me?'], ['No, I am only a computer program. But I like to chat.', 'No, I am a small language model. I only read and write words.']),
    (['What did you mean?', 'I do not understand.', 'I do not get it.'], ['I am sorry that I was not clear. Please ask me again in other words.', 'Let us try once more. What would you like to know?']),
    (['Tell me something.', 'Say something nice.', 'Talk to me.'], ['Did you know that a snail can sleep for a very long time? What would you like to talk about?', 'You are doing better than you think. What is on your mind?']),
]


def reply(r):
    said, answered = r.choice(REPLIES)
    return [r.choice(said), r.choice(answered)]


def messages(turns):
    return [{'role': 'user' if i % 2 == 0 else 'assistant', 'content': t} for i, t in enumerate(turns)]


def unseen():
    """What must not be asked in training: the benchmark's prompts, and the first questions of the third to the tenth of the model card's chats."""
    prompts = (HERE.parents[1] / 'prompts' / 'simple.jsonl').read_text(encoding='utf-8').splitlines()
    return {json.loads(line)['prompt'] for line in prompts} | {chat[0] for chat in answers.CHATS[2:]}


def conversations(r, n):
    """n conversations of one to three parts, each a list of messages; r is a random.Random."""
    return made_of(r, n, [email] * 4 + [small_talk] * 3 + [reply] * 2 + [memory] * 7 + [sums] * 4 + [explanation] * 8, [1, 1, 1, 2, 2, 3])


def explained(r, n):
    """The same of explanations alone. The first two forms come often: llama31_chat_qa answers them in another way, at length."""
    return made_of(r, n, [lambda r: explanation(r, EXPLAIN + EXPLAIN[:2] * 6)], [1])


def drilled(r, n):
    """What needs many repetitions."""
    return made_of(r, n, [sums, email, email, knowledge, reply, memory], [1])


def made_of(r, n, kinds, parts):
    kept_back, made = unseen(), []
    while len(made) < n:
        turns = [turn for _ in range(r.choice(parts)) for turn in r.choice(kinds)(r)]
        if not kept_back & set(turns[::2]):
            made.append(messages(turns))
    return made


# sources of a mixture that are made here
GENERATED = {'templates': conversations, 'explanations': explained, 'drills': drilled}


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


def story_request(r, ask):
    """Another way to ask for a story with a title; None for all else."""
    title = re.search(r'"([^"]+)"', ask)
    if not title:
        return None
    words = title[1].split()
    who = ' '.join(words).lower() if words[0] in ('The', 'A', 'An') else words[0]
    return r.choice(['Tell me a story.', 'Tell me a short story.', 'I would like to hear a story.', 'Can you tell me a story?', 'Write a story.', 'Tell me a bedtime story.',
                     f'Tell me a story about {who}.', f'Tell me a short story about {who}.', f'Tell me a story about {who}, please.', f'Write a story about {who}.', f'Write a short story about {who}.', f'I want a story about {who}.'])


def greeting(r):
    return [r.choice(HELLO), r.choice(HELLO_BACK)]
