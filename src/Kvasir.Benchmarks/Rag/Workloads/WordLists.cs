namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Words that invented entities are made of.</summary>
internal static class WordLists
{
    public static readonly string[] Onsets =
    [
        "b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "qu", "r", "s", "sh", "st", "t", "th", "tr",
        "v", "w", "z",
    ];

    public static readonly string[] Vowels =
    [
        "a", "e", "i", "o", "u", "ai", "ea", "ia", "oo", "or", "an", "en", "el", "ar", "in",
    ];

    public static readonly string[] Endings =
    [
        "", "n", "r", "l", "s", "x", "th", "nd", "ck", "m", "ston", "ville", "ley", "ric", "mar",
    ];

    public static readonly string[] FirstNames =
    [
        "James", "Mary", "Robert", "Linda", "Michael", "Susan", "David", "Karen", "Maria", "Ahmed", "Wei", "Priya", "Elena", "Tomas", "Ingrid",
        "Kofi", "Yuki", "Omar", "Fatima", "Lars", "Nadia", "Pedro", "Chloe", "Ivan", "Aisha", "Bjorn", "Carmen", "Dmitri", "Esther", "Felix",
        "Greta", "Hugo", "Irene", "Jonas", "Keiko", "Leila", "Marco", "Nina", "Oscar", "Paula", "Quinn", "Rosa", "Samir", "Tara", "Ulrich", "Vera",
        "Walter", "Xenia",
    ];

    public static readonly string[] LastNames =
    [
        "Smith", "Jones", "Garcia", "Chen", "Patel", "Novak", "Larsen", "Okafor", "Tanaka", "Hassan", "Rossi", "Dubois", "Ivanov", "Kowalski",
        "Silva", "Moreno", "Schmidt", "Andersson", "Murphy", "Ali", "Nguyen", "Kim", "Park", "Cohen", "Haddad", "Mbeki", "Petrov", "Santos", "Weber",
        "Fischer", "Lopez", "Walsh", "Byrne", "Costa", "Ferrari", "Yamamoto", "Singh", "Khan", "Brown", "Wilson", "Taylor", "Clark", "Lewis",
        "Young", "King", "Wright", "Hill", "Scott",
    ];

    public static readonly string[] Nouns =
    [
        "apple", "river", "mountain", "lantern", "copper", "garden", "window", "bridge", "forest", "engine", "pencil", "carpet", "ladder", "mirror",
        "anchor", "basket", "candle", "dragon", "eagle", "falcon", "guitar", "hammer", "island", "jacket", "kettle", "lemon", "magnet", "needle",
        "ocean", "parrot", "quartz", "rocket", "saddle", "temple", "umbrella", "violin", "walnut", "yellow", "zebra", "bottle", "camera", "desert",
        "feather", "glacier", "harbor", "ivory", "jungle", "kitchen", "marble", "orchid", "pepper", "ribbon", "silver", "tunnel", "velvet",
        "whistle", "cactus", "donkey", "ember", "fossil", "ginger", "helmet", "insect", "jigsaw", "koala", "lizard", "mango", "nickel", "olive",
        "pebble", "raven", "salmon", "tiger", "valley", "wagon", "amber", "bamboo", "cobalt", "dolphin", "elbow",
    ];

    public static readonly string[] Adjectives =
    [
        "red", "blue", "green", "silent", "golden", "bright", "hidden", "ancient", "rapid", "gentle", "frozen", "hollow", "crimson", "dusty",
        "eager", "fancy", "giant", "humble", "icy", "jolly", "keen", "loyal", "merry", "noble", "odd", "proud", "quick", "rusty", "sharp", "tidy",
        "urban", "vivid", "warm", "young", "zealous", "brave",
    ];

    public static readonly string[] Colours =
    [
        "red", "blue", "green", "yellow", "purple", "orange", "black", "white", "silver", "brown", "pink", "grey",
    ];

    public static readonly string[] Jobs =
    [
        "engineer", "biologist", "teacher", "lawyer", "pilot", "chemist", "architect", "nurse", "painter", "composer", "historian", "economist",
        "botanist", "surgeon", "farmer", "sculptor", "journalist", "librarian", "carpenter", "geologist",
    ];

    public static readonly string[] Animals =
    [
        "dog", "cat", "horse", "cow", "tiger", "lion", "whale", "eagle", "shark", "wolf", "rabbit", "snake", "frog", "bee", "spider", "goat",
        "sheep", "monkey", "bear", "fox",
    ];

    public static readonly string[] Foods =
    [
        "bread", "cheese", "rice", "soup", "pasta", "apple", "banana", "cake", "butter", "honey", "salad", "pizza", "onion", "potato", "carrot",
        "tomato", "egg", "steak", "noodle", "pie",
    ];

    public static readonly string[] Materials =
    [
        "granite", "brick", "oak", "marble", "sandstone", "concrete", "slate", "limestone",
    ];
}
