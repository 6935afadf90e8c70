using System.Text;
using Spoq.Core.Accounts;

namespace Spoq.Tests.Accounts;

public sealed class TotpTests
{
    private static readonly byte[] s_secret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238, appendix B, cut to six digits.</summary>
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long seconds, string code)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds);

        Assert.Equal(code, Totp.Code(s_secret, Totp.StepAt(time)));
        Assert.Equal(Totp.StepAt(time), Totp.Match(s_secret, code, time));
    }

    [Theory]
    [InlineData(-60, false)]
    [InlineData(-30, true)]
    [InlineData(30, true)]
    [InlineData(60, false)]
    public void A_clock_may_be_half_a_minute_off(int seconds, bool isTaken)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

        Assert.Equal(isTaken, Totp.Match(s_secret, Totp.Code(s_secret, Totp.StepAt(time.AddSeconds(seconds))), time) is not null);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Secrets_are_shown_in_the_base32_of_rfc_4648(string plain, string text) => Assert.Equal(text, Totp.Text(Encoding.ASCII.GetBytes(plain)));

    [Theory]
    [InlineData("abcd-efgh-ijkl-mnop", "abcdefghijklmnop")]
    [InlineData(" ABCD EFGH ijkl mnop ", "abcdefghijklmnop")]
    [InlineData("abcd-efgh-ijkl-mno", null)]
    [InlineData("abcd-efgh-ijkl-mno1", null)]
    [InlineData(null, null)]
    public void A_recovery_code_is_read_as_people_type_it(string? typed, string? letters) => Assert.Equal(letters, RecoveryCode.Read(typed));
}
