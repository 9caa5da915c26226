using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>Facts about invented people and towns in Chinese.</summary>
internal static class ChineseFacts
{
    private const string Surnames = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗";
    private const string Given = "明华丽强芳军敏静磊洋勇艳杰娟涛超霞平刚桂英文辉玲建宁春雨秋月云山";
    private const string Places = "青白红金银石龙凤云山水江河湖海林松竹梅兰";
    private const string Kinds = "城镇村州县";

    public static readonly FactKind[][] Groups =
    [
        [
            new("{0}出生在{1}。", "{0}出生在哪里？", Town),
            new("{0}的老师是{1}。", "{0}的老师是谁？", Person),
            new("{0}的爱人名叫{1}。", "{0}的爱人叫什么名字？", Person),
        ],
        [
            new("{0}的市长是{1}。", "{0}的市长是谁？", Person),
            new("流过{0}的河叫{1}。", "流过{0}的河叫什么？", draws => Places[draws.Random.Next(Places.Length)] + Some(draws, Places, 1) + "河"),
        ],
    ];

    private static readonly string[] Filler = ["那天下着小雨，街上没有人。", "大家坐在院子里喝茶。", "秋天的风很凉。", "孩子们在桥边玩耍。", "天黑以后，灯都亮了。", "谁也不知道这是为什么。"];

    public static FactWorld World(ScDraws draws, int entities) => FactWorld.Create(
        draws, entities, Groups, group => group == 0 ? Person(draws) : Town(draws), () => draws.Of(Filler), (_, _, body) => body, "");

    private static string Person(ScDraws draws) => Some(draws, Surnames, 1) + Some(draws, Given, 2);

    private static string Town(ScDraws draws) => Some(draws, Places, 3) + Some(draws, Kinds, 1);

    private static string Some(ScDraws draws, string characters, int count) => draws.Letters(count, characters);
}
