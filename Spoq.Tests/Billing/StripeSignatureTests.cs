using System.Globalization;
using System.Text;
using Spoq.Infrastructure.Billing.Stripe;

namespace Spoq.Tests.Billing;

public sealed class StripeSignatureTests
{
    private const string Secret = "whsec_test";

    private static readonly DateTimeOffset s_at = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly byte[] s_body = Encoding.UTF8.GetBytes("""{"id":"evt_1","object":"event"}""");

    // printf '1700000000.{"id":"evt_1","object":"event"}' | openssl dgst -sha256 -hmac whsec_test
    private const string Known = "4c15fb2a43f93ef61eaa3e0893866d57cad9cad4223242cfb96f362480cb4021";

    [Fact]
    public void It_signs_as_openssl_does() => Assert.Equal($"t=1700000000,v1={Known}", StripeSignature.Sign(s_body, Secret, s_at));

    public static TheoryData<string, bool> Headers => new()
    {
        { $"t=1700000000,v1={Known}", true },
        { $"t=1700000000,v1={Known.ToUpperInvariant()}", true },
        { $" t=1700000000 , v1={Known} ", true },
        { $"v1={Known},t=1700000000", true },
        { $"t=1700000000,v1={new string('0', 64)},v1={Known},v0=abc", true },
        { $"t=1700000000,v0={Known}", false },
        { $"t=1700000001,v1={Known}", false },
        { $"t=1700000000,v1={Known[..62]}", false },
        { $"t=1700000000,v1={Known}00", false },
        { $"t=1700000000,v1={new string('g', 64)}", false },
        { $"t=,v1={Known}", false },
        { $"t=-1700000000,v1={Known}", false },
        { $"t=99999999999999999999,v1={Known}", false },
        { $"v1={Known}", false },
        { "t=1700000000", false },
        { ",,==,,", false },
        { "", false },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void Only_a_whole_and_fitting_header_is_believed(string header, bool valid) =>
        Assert.Equal(valid, StripeSignature.IsValid(header, s_body, [Secret], s_at));

    [Fact]
    public void A_missing_header_is_not_believed() => Assert.False(StripeSignature.IsValid(null, s_body, [Secret], s_at));

    [Fact]
    public void No_secret_believes_nothing() => Assert.False(StripeSignature.IsValid(StripeSignature.Sign(s_body, "", s_at), s_body, [], s_at));

    [Theory]
    [InlineData(0, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    [InlineData(-3600, true)]
    public void A_delivery_counts_for_five_minutes(int secondsLater, bool valid) =>
        Assert.Equal(valid, StripeSignature.IsValid(StripeSignature.Sign(s_body, Secret, s_at), s_body, [Secret], s_at.AddSeconds(secondsLater)));

    [Fact]
    public void While_a_secret_is_rolled_both_are_believed()
    {
        var old = StripeSignature.Sign(s_body, "whsec_old", s_at);
        var both = $"{StripeSignature.Sign(s_body, "whsec_new", s_at)},{old.Split(',')[1]}";

        Assert.True(StripeSignature.IsValid(old, s_body, ["whsec_new", "whsec_old"], s_at));
        Assert.True(StripeSignature.IsValid(both, s_body, ["whsec_old"], s_at));
        Assert.False(StripeSignature.IsValid(old, s_body, ["whsec_new"], s_at));
    }

    [Fact]
    public void A_changed_byte_anywhere_in_the_body_is_noticed()
    {
        var header = StripeSignature.Sign(s_body, Secret, s_at);
        for (var i = 0; i < s_body.Length; i++)
        {
            var forged = s_body.ToArray();
            forged[i] ^= 1;
            Assert.False(StripeSignature.IsValid(header, forged, [Secret], s_at), i.ToString(CultureInfo.InvariantCulture));
        }
    }
}
